import type { FileSystem, Stat } from '@layerwright/vfs'
import { CannotReplaceError, TooManyLinksError } from '../errors.js'
import { cleanPath, joinPath, parentOf } from '../paths.js'
import type { Owner } from './owner.js'

/** Links on the way to a destination, after which it goes round in circles. */
export const MAX_LINKS = 255

/**
 * Where a destination really lies: every link on the way is followed inside the root, the last component too, and what does not exist
 * yet is taken as written.
 * @throws TooManyLinksError
 */
export function resolveTarget(fs: FileSystem, path: string): string {
  const todo = cleanPath(path).slice(1).split('/').filter(Boolean)
  let at = '/'
  let links = 0
  while (todo.length > 0) {
    const part = todo.shift()!
    if (part === '..') at = parentOf(at)
    else if (part !== '.' && part !== '') {
      const next = joinPath(at, part)
      const stat = lstatOrNone(fs, next)
      if (stat?.type === 'symlink') {
        if (links++ === MAX_LINKS) throw new TooManyLinksError(path)
        const target = fs.readlink(next)
        if (target.startsWith('/')) at = '/' // an absolute link starts again at the root: not a containment test
        todo.unshift(...target.split('/'))
      } else at = next
    }
  }
  return at
}

/** What lies at a path, its last link not followed; undefined where there is nothing, or a parent is no directory. */
export function lstatOrNone(fs: FileSystem, path: string): Stat | undefined {
  try {
    return fs.lstat(path)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/** What directories that have to be made look like. Without an owner they are root's, in the group that a setgid directory hands on. */
export interface MadeDirectory {
  readonly mode: number
  readonly owner?: Owner | undefined
}

/**
 * Makes a directory and its parents where they are missing; those that exist are left alone. Gives whether the last one was made.
 * @throws CannotReplaceError where something else lies there
 */
export function makeDirectories(fs: FileSystem, path: string, made: MadeDirectory): boolean {
  if (path === '/') return false
  const there = lstatOrNone(fs, path)
  if (there?.type === 'dir') return false
  if (there) throw new CannotReplaceError(path, 'parent-is-file')
  makeDirectories(fs, parentOf(path), made)
  fs.mkdir(path)
  if (made.owner) fs.chown(path, made.owner.uid, made.owner.gid)
  fs.chmod(path, made.mode)
  return true
}
