/** Hard links of a frozen tree: inodes that more than one name holds. */
import type { DirInode, Inode, Snapshot } from '../types.js'

const known = new WeakMap<Snapshot, ReadonlyMap<Inode, number>>()

/** How many names each inode has that has more than one. Takes one walk over the tree, remembered with it. */
export function linkCounts(snapshot: Snapshot): ReadonlyMap<Inode, number> {
  const remembered = known.get(snapshot)
  if (remembered) return remembered
  const once = new Set<Inode>()
  const counts = new Map<Inode, number>()
  const pending: DirInode[] = [snapshot]
  for (let dir = pending.pop(); dir; dir = pending.pop()) {
    for (const inode of dir.entries.values()) {
      if (inode.type === 'dir') pending.push(inode)
      else if (!once.has(inode)) once.add(inode)
      else counts.set(inode, (counts.get(inode) ?? 1) + 1)
    }
  }
  known.set(snapshot, counts)
  return counts
}
