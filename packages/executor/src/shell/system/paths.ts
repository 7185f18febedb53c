/** Whether `normalize` gives an absolute path back as it is. */
export const isNormal = (path: string): boolean => !/\/(?:\.{0,2}(?:\/|$))/.test(path) || path === '/'

/** Text of an absolute path with `.`, `..` and doubled slashes taken out; links are not looked at. */
export function normalize(path: string): string {
  if (path.startsWith('/') && isNormal(path)) return path
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** `path` as seen from `cwd`; not normalized, so that `..` behind a link stays the system's affair. */
export function join(cwd: string, path: string): string {
  if (path.startsWith('/')) return path
  return cwd.endsWith('/') ? cwd + path : `${cwd}/${path}`
}

/** As basename(1) without a suffix. */
export function basename(path: string): string {
  const trimmed = stripSlashes(path)
  return trimmed === '/' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** As dirname(1). */
export function dirname(path: string): string {
  const trimmed = stripSlashes(path)
  const slash = trimmed.lastIndexOf('/')
  if (slash === -1) return '.'
  return stripSlashes(trimmed.slice(0, slash) || '/')
}

/** Without trailing slashes; `/` stays. */
export function stripSlashes(path: string): string {
  let end = path.length
  while (end > 1 && path[end - 1] === '/') end--
  return path.slice(0, end)
}

/** What is left of `path` below `folder`, by whole names; undefined where it does not lie there. `''` is the folder itself. */
export function below(folder: string, path: string): string | undefined {
  const above = folder.split('/').filter((part) => part !== '')
  const parts = path.split('/').filter((part) => part !== '')
  if (above.some((part, at) => part !== parts[at])) return undefined
  return parts.slice(above.length).join('/')
}
