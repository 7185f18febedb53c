/** Visiting every name of a frozen tree. */
import { sortedNames } from '../names.js'
import type { DirInode, Inode, Snapshot } from '../types.js'

/** A name of a tree. */
export interface TreeEntry {
  /** Without leading slash; never `''`. */
  readonly path: string
  readonly inode: Inode
}

/**
 * Every name below the root, parents before children, siblings by their bytes: the order of `LayerChange`. Hard links come
 * once for each of their names. `enter` decides, for each directory, whether to look below it.
 */
export function* walk(snapshot: Snapshot, enter: (entry: TreeEntry) => boolean = () => true): Generator<TreeEntry, void, undefined> {
  const levels: Level[] = [{ dir: snapshot, names: sortedNames(snapshot.entries), at: 0, prefix: '' }]
  while (levels.length > 0) {
    const level = levels[levels.length - 1]!
    if (level.at === level.names.length) {
      levels.pop()
      continue
    }
    const name = level.names[level.at++]!
    const entry: TreeEntry = { path: level.prefix + name, inode: level.dir.entries.get(name)! }
    yield entry
    if (entry.inode.type === 'dir' && entry.inode.entries.size > 0 && enter(entry)) {
      levels.push({ dir: entry.inode, names: sortedNames(entry.inode.entries), at: 0, prefix: `${entry.path}/` })
    }
  }
}

interface Level {
  readonly dir: DirInode
  readonly names: readonly string[]
  at: number
  readonly prefix: string
}
