/** Hard links of a frozen tree: inodes that more than one name holds. */
import type { DirInode, Inode, Snapshot } from '../types.js'
import { ListedEntries, nodesOf } from './listed.js'

const known = new WeakMap<Snapshot, ReadonlyMap<Inode, number>>()

/** How many names each inode has that has more than one. Takes one walk over the tree, remembered with it. */
export function linkCounts(snapshot: Snapshot): ReadonlyMap<Inode, number> {
  const remembered = known.get(snapshot)
  if (remembered) return remembered
  const once = new Set<Inode>()
  const counts = new Map<Inode, number>()
  const pending: DirInode[] = [snapshot]
  const lists = new Set<ReadonlyMap<string, Inode>>()
  for (let dir = pending.pop(); dir; dir = pending.pop()) {
    const { entries } = dir
    // A file that goes by a number has no other name, unless its whole directory is there twice.
    const again = lists.has(entries)
    if (entries instanceof ListedEntries) lists.add(entries)
    for (const node of again ? entries.values() : nodesOf(entries)) {
      if (typeof node === 'number') continue
      if (node.type === 'dir') pending.push(node)
      else if (!again && !once.has(node)) once.add(node)
      else counts.set(node, (counts.get(node) ?? 1) + 1)
    }
  }
  known.set(snapshot, counts)
  return counts
}
