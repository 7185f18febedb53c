import { goQuote } from '../text/go-quote.js'
import { fault } from './errors.js'

/** Paths by their text: POSIX, and as far as an image for Windows needs it, with backslashes and the system drive. */

/** Absolute and clean: no `.`, no `..`, no `//`. */
export function joinAbsolute(...parts: string[]): string {
  const kept: string[] = []
  for (const part of parts.join('/').split('/')) {
    if (part === '..') kept.pop()
    else if (part !== '' && part !== '.') kept.push(part)
  }
  return `/${kept.join('/')}`
}

/** The last name of a path (Go's `path.Base`): `.` for an empty path, `/` for the root. */
export function baseName(path: string): string {
  if (path === '') return '.'
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

const toSlash = (path: string, os: string) => (os === 'windows' ? path.replaceAll('\\', '/') : path)

/** The path without `C:`. @throws ResolutionFault for another drive or a network path */
export function withoutDrive(path: string, os: string): string {
  if (os !== 'windows') return path
  const bad = (message: string) => fault('BAD_WINDOWS_PATH', message, 'write a path on drive C:, or one without a drive')
  if (path.length === 2 && path[1] === ':') throw bad(`No relative path specified in ${goQuote(path)}`)
  const slashed = toSlash(path, os)
  // prefix-ok: the form of a network path, not a place below one
  if (slashed.startsWith('//')) throw bad('UNC paths are not supported')
  const colon = slashed.indexOf(':')
  if (colon < 0) return slashed
  if (slashed.slice(0, colon).toLowerCase() !== 'c') throw bad('The specified path is not on the system drive (C:)')
  return slashed.slice(colon + 1)
}

export function isAbsolute(path: string, os: string): boolean {
  if (os !== 'windows') return path.startsWith('/')
  return /^(?:[A-Za-z]:)?[/\\]/.test(path)
}

/** The directory that WORKDIR sets, with forward slashes: an absolute one as it was written, a relative one joined and clean. */
export function workingDirectory(current: string, requested: string, os: string): string {
  const parent = joinAbsolute(withoutDrive(current, os))
  if (requested === '') return current === '' ? '/' : withoutDrive(current, os)
  const wanted = withoutDrive(requested, os)
  return isAbsolute(wanted, os) ? wanted : joinAbsolute(parent, wanted)
}

/** How an image config spells that directory. */
export const configDirectory = (path: string, os: string): string => (os === 'windows' ? path.replaceAll('/', '\\') : path)

/** The destination of COPY and ADD: absolute, with a trailing slash where it was written as a directory. */
export function destination(current: string, written: string, os: string): string {
  const wanted = withoutDrive(written, os)
  const directory = wanted === '' || wanted === '.' || /(?:^|\/)\.?$/.test(toSlash(wanted, os))
  const path = isAbsolute(wanted, os) ? joinAbsolute(toSlash(wanted, os)) : joinAbsolute(current, toSlash(wanted, os))
  return directory && path !== '/' ? `${path}/` : path
}
