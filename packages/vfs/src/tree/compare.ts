/** The names in which two directories differ. */
import { compareNames } from '../names.js'
import type { DirInode, Inode } from '../types.js'
import { changedNames } from './entries.js'

/** One name whose inodes are not the same object. */
export interface Differing {
  readonly name: string
  readonly before: Inode | undefined
  readonly after: Inode | undefined
}

/**
 * Names that do not hold the same inode in both, sorted. Shared subtrees are the same inode, so they cost one comparison and
 * nothing below them is looked at; only names that differ are sorted.
 */
export function differingNames(before: DirInode | undefined, after: DirInode): Differing[] {
  const found: Differing[] = []
  const changed = before && changedNames(before.entries, after.entries)
  if (changed) {
    for (const name of changed) {
      const [old, now] = [before.entries.get(name), after.entries.get(name)]
      if (old !== now) found.push({ name, before: old, after: now })
    }
    return found.sort((a, b) => compareNames(a.name, b.name))
  }
  for (const [name, inode] of after.entries) {
    const old = before?.entries.get(name)
    if (old !== inode) found.push({ name, before: old, after: inode })
  }
  if (before)
    for (const [name, inode] of before.entries) if (!after.entries.has(name)) found.push({ name, before: inode, after: undefined })
  // Most directories were built in order; looking costs less than sorting.
  for (let i = 1; i < found.length; i++) {
    if (compareNames(found[i - 1]!.name, found[i]!.name) > 0) return found.sort((a, b) => compareNames(a.name, b.name))
  }
  return found
}
