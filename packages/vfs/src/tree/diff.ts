/** What `docker diff` shows: the difference of two trees by what is in them, not by how it came about. */
import { TreeLimitError } from '../errors.js'
import { sizeOf } from '../inode.js'
import { limits } from '../limits.js'
import { byteLengthOf } from '../names.js'
import type { DirInode, Inode, Snapshot, TreeChange } from '../types.js'
import { differingNames } from './compare.js'

const CAPABILITY = 'security.capability'

/**
 * Compares two trees as the Docker engine does. A file counts as changed when type, mode, owner, device, size, time or file
 * capabilities differ, a directory when mode, owner or capabilities do (its time does not count); bytes are not compared. Each
 * directory on the way to a change is listed as C, but not the root. A removed directory is one D line, an added one has a line
 * for each name in it.
 *
 * Costs the changed directories, not the trees.
 * @throws TreeLimitError
 */
export function diffTrees(lower: Snapshot, upper: Snapshot): TreeChange[] {
  const changes: TreeChange[] = []
  if (lower !== upper) compareDirs(lower, upper, '', changes, 0)
  return changes
}

function compareDirs(before: DirInode | undefined, after: DirInode, path: string, changes: TreeChange[], depth: number): void {
  if (depth > limits.treeDepth) throw new TreeLimitError(path, `the tree is deeper than ${limits.treeDepth} directories`)
  for (const { name, before: old, after: now } of differingNames(before, after)) {
    const here = `${path}/${name}`
    if (!now) {
      changes.push({ kind: 'D', path: here })
      continue
    }
    const mark = changes.length
    const kind = !old ? 'A' : isChanged(old, now) ? 'C' : undefined
    if (kind) changes.push({ kind, path: here })
    if (now.type !== 'dir') continue
    compareDirs(old?.type === 'dir' ? old : undefined, now, here, changes, depth + 1)
    // Something changed below a directory that did not: it is listed before what is below it.
    if (!kind && changes.length > mark) changes.splice(mark, 0, { kind: 'C', path: here })
  }
}

function isChanged(a: Inode, b: Inode): boolean {
  if (a.type !== b.type || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return true
  if (!sameBytes(a.xattrs?.get(CAPABILITY), b.xattrs?.get(CAPABILITY))) return true
  if (a.type === 'dir') return false
  if (a.mtimeNs !== b.mtimeNs || sizeOf(a, byteLengthOf) !== sizeOf(b, byteLengthOf)) return true
  return (a.type === 'char' || a.type === 'block') && (a.major !== (b as typeof a).major || a.minor !== (b as typeof a).minor)
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]))
}
