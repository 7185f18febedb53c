import type { FileSystem, Stat } from '@layerwright/vfs'
import { CannotReplaceError } from '../errors.js'
import { resolveLinks } from '../links.js'
import { parentOf } from '../paths.js'
import type { Owner } from './owner.js'

/** Where a destination really lies. @throws TooManyLinksError */
export const resolveTarget = (fs: FileSystem, path: string): string =>
  resolveLinks(path, (at) => (lstatOrNone(fs, at)?.type === 'symlink' ? fs.readlink(at) : undefined))

/** What lies at a path, its last link not followed; undefined where there is nothing, or a parent is no directory. */
export const lstatOrNone = (fs: FileSystem, path: string): Stat | undefined => fs.lookup(path, { follow: false })

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
