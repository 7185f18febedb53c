import { clean, endsInDot, endsInSlash } from '../paths.js'

/**
 * A path cleaned, with the ending kept that says how it is meant: `dir/` must be a directory, `dir/.` means what is in it.
 */
export function keepEnding(path: string): string {
  const cleaned = clean(path)
  if (endsInDot(path)) return endsInDot(cleaned) ? cleaned : `${cleaned === '/' ? '' : cleaned}/.`
  return endsInSlash(path) && !endsInSlash(cleaned) ? `${cleaned}/` : cleaned
}

/** An absolute path in the container, its ending kept. */
export const inContainer = (path: string): string => keepEnding(path.startsWith('/') ? path : `/${path}`)

/** Whether a path can only mean a directory. */
export const assertsDirectory = (path: string): boolean => endsInSlash(path) || endsInDot(path)

/** Directory and last name; the last name of `dir/.` is `.`. */
export function splitEntry(path: string): { readonly dir: string; readonly base: string } {
  const dot = endsInDot(path)
  const cleaned = clean(path)
  if (dot && path !== '.') return { dir: cleaned, base: '.' }
  if (cleaned === '/') return { dir: '/', base: '.' }
  const cut = cleaned.lastIndexOf('/')
  return { dir: cut < 0 ? '.' : cut === 0 ? '/' : cleaned.slice(0, cut), base: cleaned.slice(cut + 1) }
}
