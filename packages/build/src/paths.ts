/** Lexical path helpers over `/`-separated absolute paths; nothing here touches a filesystem. */

/** Absolute and clean: no `.`, no `..` (clamped at the root), no doubled or trailing slash. */
export function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 1))
export const joinPath = (dir: string, name: string): string => (dir === '/' ? `/${name}` : `${dir}/${name}`)
