/** The upper directory as data, from two trees; and the way back. */
import { FsError, TreeLimitError } from '../errors.js'
import { cloneInode, dirInode, sameAttributes } from '../inode.js'
import { limits } from '../limits.js'
import { sortedNames } from '../names.js'
import type { DirInode, Inode, LayerChange, Snapshot } from '../types.js'
import { differingNames } from './compare.js'

/**
 * What an overlay's upper directory holds that turns `lower` into `merged`: every name whose inode is not the lower's own, and
 * a whiteout for every name that is gone while its directory is still one. Directories on the way whose own attributes are the
 * lower's are `repeated`. Hard links are recognisable: their entries hold the same inode object. What the root directory's own
 * attributes are is not part of it, as it is not part of a layer.
 *
 * Costs the changed directories, not the trees.
 * @throws TreeLimitError
 */
export function upperChanges(lower: Snapshot, merged: Snapshot): LayerChange[] {
  const changes: LayerChange[] = []
  if (lower !== merged) collect(lower, merged, '', changes, 0)
  return changes
}

function collect(before: DirInode | undefined, after: DirInode, prefix: string, changes: LayerChange[], depth: number): void {
  if (depth > limits.treeDepth) throw new TreeLimitError(prefix, `the tree is deeper than ${limits.treeDepth} directories`)
  if (!before) {
    collectAll(after, prefix, changes, depth)
    return
  }
  for (const { name, before: old, after: now } of differingNames(before, after)) {
    const path = prefix + name
    if (now?.type !== 'dir') {
      changes.push({ path, inode: now ?? null })
      continue
    }
    const mark = changes.length
    const below = old?.type === 'dir' ? old : undefined
    changes.push({ path, inode: now })
    collect(below, now, `${path}/`, changes, depth + 1)
    if (below && changes.length > mark + 1 && sameAttributes(below, now)) changes[mark] = { path, inode: now, repeated: true }
  }
}

/** What lies in a directory that is new: mostly nearly all that a layer holds. */
function collectAll(dir: DirInode, prefix: string, changes: LayerChange[], depth: number): void {
  for (const name of sortedNames(dir.entries)) {
    const path = prefix + name
    const inode = dir.entries.get(name)!
    changes.push({ path, inode })
    if (inode.type === 'dir') collect(undefined, inode, `${path}/`, changes, depth + 1)
  }
}

/**
 * `lower` with changes applied: `applyChanges(lower, upperChanges(lower, merged))` is `merged` again, but for the root's own
 * attributes. Changes may come in any order in which parents are before children. Only names count, links are never followed
 * (S13); a name replaces what was there, except that a directory over a directory keeps its entries. Missing parents are made
 * (mode 0755, owner 0:0, time 0).
 * @throws FsError EINVAL for a path that is empty, absolute or has `.` or `..` in it.
 */
export function applyChanges(lower: Snapshot, changes: Iterable<LayerChange>): Snapshot {
  const target = new Applying(lower)
  for (const change of changes) target.apply(change)
  return target.root
}

class Applying {
  root: DirInode
  /** Directories that were copied here and may be edited. */
  readonly #own = new Set<DirInode>()

  constructor(lower: Snapshot) {
    this.root = lower
  }

  apply({ path, inode }: LayerChange): void {
    const parts = path.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..')) throw new FsError('EINVAL', 'apply', path)
    const name = parts.pop()!
    if (inode === null) {
      const entries = this.#entries(parts, false)
      entries?.delete(name)
      return
    }
    const entries = this.#entries(parts, true)!
    if (inode.type !== 'dir') {
      entries.set(name, inode)
      return
    }
    const there = entries.get(name)
    const dir = cloneInode(inode) as { -readonly [K in keyof DirInode]: DirInode[K] }
    dir.entries = there?.type === 'dir' ? (this.#own.has(there) ? there.entries : new Map(there.entries)) : new Map()
    this.#own.add(dir)
    entries.set(name, dir)
  }

  /** The entries of a directory, to be edited; `undefined` where it is missing and shall not be made. */
  #entries(parts: readonly string[], make: boolean): Map<string, Inode> | undefined {
    if (!make && !this.#has(parts)) return undefined
    if (!this.#own.has(this.root)) this.root = this.#copy(this.root)
    let entries = this.root.entries as Map<string, Inode>
    for (const part of parts) {
      const there = entries.get(part)
      let dir = there?.type === 'dir' ? there : dirInode()
      if (!this.#own.has(dir)) {
        dir = this.#copy(dir)
        entries.set(part, dir)
      }
      entries = dir.entries as Map<string, Inode>
    }
    return entries
  }

  #has(parts: readonly string[]): boolean {
    let dir: Inode | undefined = this.root
    for (const part of parts) dir = dir?.type === 'dir' ? dir.entries.get(part) : undefined
    return dir?.type === 'dir'
  }

  #copy(dir: DirInode): DirInode {
    const copy: DirInode = { ...dir, entries: new Map(dir.entries) }
    this.#own.add(copy)
    return copy
  }
}

/** The same tree as new inodes with attributes as `change` gives them; hard links stay links, contents are shared. */
export function copyTree<T extends Inode>(tree: T, change: (inode: Inode) => Partial<Inode> = () => ({})): T {
  return copy(tree, change, new Map(), 0) as T
}

function copy(inode: Inode, change: (inode: Inode) => Partial<Inode>, seen: Map<Inode, Inode>, depth: number): Inode {
  if (depth > limits.treeDepth) throw new TreeLimitError('', `the tree is deeper than ${limits.treeDepth} directories`)
  const known = seen.get(inode)
  if (known) return known
  const made = { ...inode, ...change(inode) } as Inode
  if (inode.type !== 'dir') {
    seen.set(inode, made)
    return made
  }
  const entries = new Map<string, Inode>()
  for (const name of sortedNames(inode.entries)) entries.set(name, copy(inode.entries.get(name)!, change, seen, depth + 1))
  return { ...made, type: 'dir', entries } as DirInode
}
