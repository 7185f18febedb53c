import type { ShellFs } from '../system/shell-fs.js'
import { codeOf } from '../system/strerror.js'
import { hasGlob, patternRegExp, unescapePattern } from './pattern.js'

export interface GlobOptions {
  readonly extglob: boolean
  readonly globstar: boolean
  readonly dotglob: boolean
  readonly nocase: boolean
  /** Whether a pattern with a leading dot matches `.` and `..`. */
  readonly dots: boolean
}

/** File names that match, sorted by bytes; empty where there are none. */
export function expandGlob(fs: ShellFs, cwd: string, pattern: string, options: GlobOptions): string[] {
  const absolute = pattern.startsWith('/')
  const parts = splitPath(pattern)
  let found = [absolute ? '/' : '']
  parts.forEach((part, at) => {
    const last = at === parts.length - 1
    const next: string[] = []
    for (const base of found) {
      if (part === '') {
        // A trailing slash: directories only.
        if (isDirectory(fs, cwd, base)) next.push(`${base}/`)
      } else if (part === '**' && options.globstar) next.push(...descend(fs, cwd, base, last, options))
      else if (!hasGlob(part, options.extglob)) {
        const path = append(base, unescapePattern(part))
        if (fs.find(absolutePath(cwd, path), false)) next.push(path)
      } else next.push(...matches(fs, cwd, base, part, options))
    }
    found = next
  })
  return [...new Set(found)].sort()
}

function splitPath(pattern: string): string[] {
  const parts = pattern.replace(/^\/+/, '').split(/\/+/)
  return parts
}

function append(base: string, name: string): string {
  return base === '' || base.endsWith('/') ? base + name : `${base}/${name}`
}

function absolutePath(cwd: string, path: string): string {
  return path.startsWith('/') ? path : path === '' ? cwd : `${cwd}/${path}`
}

function isDirectory(fs: ShellFs, cwd: string, path: string): boolean {
  return fs.find(absolutePath(cwd, path))?.type === 'dir'
}

function list(fs: ShellFs, cwd: string, base: string): { name: string; type: string }[] {
  try {
    return fs.readdir(absolutePath(cwd, base))
  } catch (error) {
    if (codeOf(error)) return []
    throw error
  }
}

function matches(fs: ShellFs, cwd: string, base: string, part: string, options: GlobOptions): string[] {
  const expression = patternRegExp(part, { extglob: options.extglob, ignoreCase: options.nocase, pathname: true })
  const explicitDot = part.startsWith('.') || part.startsWith('\\.')
  const names = list(fs, cwd, base).map((entry) => entry.name)
  if (explicitDot && options.dots) names.push('.', '..')
  const visible = names.filter((name) => !name.startsWith('.') || explicitDot || options.dotglob)
  return visible.filter((name) => expression.test(name)).map((name) => append(base, name))
}

/** `**`: the directories below, and at the end of a pattern the files too. Links are not entered. */
function descend(fs: ShellFs, cwd: string, base: string, files: boolean, options: GlobOptions): string[] {
  const found = files ? [] : [base]
  for (const entry of list(fs, cwd, base)) {
    if (entry.name.startsWith('.') && !options.dotglob) continue
    const path = append(base, entry.name)
    if (files) found.push(path)
    if (entry.type === 'dir') found.push(...descend(fs, cwd, path, files, options))
  }
  return found
}
