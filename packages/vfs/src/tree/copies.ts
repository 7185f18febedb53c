/** Copies of frozen directories: new inodes, so that no file of the copy is taken for a hard link of its origin. */
import { FsError } from '../errors.js'
import { limits } from '../limits.js'
import type { DirInode, Inode } from '../types.js'
import { ListedEntries } from './listed.js'

const origins = new WeakMap<DirInode, DirInode>()

/** The directory that a directory and everything below it is a copy of, itself if it is none: what is known of the one, its digest, is true of the other. */
export const originOf = (dir: DirInode): DirInode => origins.get(dir) ?? dir

/**
 * A copy of a directory in which no file has two names. Files that go by numbers still do in the copy.
 * @throws FsError ENAMETOOLONG
 */
export function copyUnlinked(dir: DirInode, name: string, depth = 0): DirInode {
  if (depth > limits.treeDepth) throw new FsError('ENAMETOOLONG', 'graft', name)
  const copyOf = (inode: Inode, child: string): Inode => (inode.type === 'dir' ? copyUnlinked(inode, child, depth + 1) : { ...inode })
  const copy: DirInode = {
    ...dir,
    entries: dir.entries instanceof ListedEntries ? dir.entries.copy(copyOf) : copyEntries(dir.entries, copyOf),
  }
  origins.set(copy, originOf(dir))
  return copy
}

function copyEntries(entries: ReadonlyMap<string, Inode>, copyOf: (inode: Inode, name: string) => Inode): Map<string, Inode> {
  const copies = new Map<string, Inode>()
  for (const [name, inode] of entries) copies.set(name, copyOf(inode, name))
  return copies
}
