/** Lexical work on `/`-separated paths. Nothing here looks at a filesystem. */

/** `.`, `..`, doubled and trailing slashes taken out; an absolute path never climbs above `/`; `''` is `.`. */
export function clean(path: string): string {
  const absolute = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!absolute) parts.push('..')
  }
  return absolute ? `/${parts.join('/')}` : parts.join('/') || '.'
}

/** Components of an absolute path, cleaned. */
export const partsOf = (path: string): string[] =>
  clean(path.startsWith('/') ? path : `/${path}`)
    .split('/')
    .slice(1)
    .filter((part) => part !== '')

export const join = (folder: string, name: string): string => (folder.endsWith('/') ? folder + name : `${folder}/${name}`)

/** Last component after cleaning; `/` for the root. */
export function baseName(path: string): string {
  const cleaned = clean(path)
  return cleaned === '/' ? '/' : cleaned.slice(cleaned.lastIndexOf('/') + 1)
}

export function dirName(path: string): string {
  const cleaned = clean(path)
  const cut = cleaned.lastIndexOf('/')
  return cut < 0 ? '.' : cut === 0 ? '/' : cleaned.slice(0, cut)
}

export const depthOf = (path: string): number => partsOf(path).length

/** Whether `path` is `folder` or lies below it: by components, never by text. */
export function isWithin(folder: string, path: string): boolean {
  const outer = partsOf(folder)
  const inner = partsOf(path)
  return outer.length <= inner.length && outer.every((part, index) => part === inner[index])
}

export const endsInSlash = (path: string): boolean => path.endsWith('/')

/** Whether the last component is `.`: the contents of a directory rather than the directory. */
export const endsInDot = (path: string): boolean => path === '.' || path.endsWith('/.')
