/**
 * Time travel: a line of snapshots, oldest first (the layers of an image, the freezes of a container), and questions about
 * paths in it. Snapshots share what did not change, so every answer costs the path's depth or the changes, never the trees.
 *
 * Paths here are names in the tree, taken as they are: a link in them is not followed, because it is itself something that
 * has a history.
 */
import type { Mountable } from '../driver.js'
import { FsError } from '../errors.js'
import { sameAttributes } from '../inode.js'
import { createOverlay } from '../overlay/create.js'
import { OverlayDriver } from '../overlay/driver.js'
import type { OverlayOptions } from '../overlay/options.js'
import type { Overlay } from '../overlay.js'
import { upperChanges } from '../tree/changes.js'
import { differingNames } from '../tree/compare.js'
import type { FileSystem, Inode, LayerChange, Snapshot } from '../types.js'
import { mountView } from '../view/mounts.js'

/** One moment of a history. */
export interface Version {
  readonly snapshot: Snapshot
  /** What made it: an instruction, a command. */
  readonly label: string
}

/** Something happened to a path. */
export interface PathChange {
  /** Index into `versions`. */
  readonly version: number
  /** Added, changed (itself, or for a directory something below it), or deleted. */
  readonly kind: 'A' | 'C' | 'D'
  /** What lay there afterwards. */
  readonly inode: Inode | undefined
}

/** What one layer says about a path. */
export interface PathLayer {
  /** The version that the layer led to. */
  readonly version: number
  /** `entry`: the layer holds the path; `whiteout`: it removes the path, or a directory above it. */
  readonly what: 'entry' | 'whiteout'
  /** The path of the whiteout, or of what replaced a directory above: the path itself or one above it. */
  readonly at: string
  readonly inode: Inode | undefined
  /** Whether the merged view shows it. What is not visible is shadowed by a layer above. */
  readonly visible: boolean
}

/** What writing to a path would copy from below. */
export interface CopyUpCost {
  /** Bytes of the file; 0 for all but regular files. */
  readonly bytes: number
  /** Directories that come along, without the root. */
  readonly directories: number
}

/** A line of snapshots. Never changed: `commit` and `rewind` give new ones that share everything. */
export class History {
  readonly versions: readonly Version[]

  private constructor(versions: readonly Version[]) {
    this.versions = versions
  }

  /** A history that begins with `snapshot` (an empty one, a base image). */
  static from(snapshot: Snapshot, label = ''): History {
    return new History([{ snapshot, label }])
  }

  /** The history with one more version. */
  commit(snapshot: Snapshot, label = ''): History {
    return new History([...this.versions, { snapshot, label }])
  }

  /** The history as it was at `version`. */
  rewind(version: number): History {
    this.#version(version)
    return new History(this.versions.slice(0, version + 1))
  }

  /** A version as a read-only filesystem. */
  at(version: number): FileSystem {
    return snapshotView(this.#version(version))
  }

  /** A writable tree over a version; the history does not see what is written. */
  fork(version: number = this.versions.length - 1, options?: OverlayOptions): Overlay {
    return createOverlay(this.#version(version), options)
  }

  /** The layer that leads from the version before to `version`; for the first one, from nothing. */
  layer(version: number): LayerChange[] {
    const after = this.#version(version)
    return upperChanges(version === 0 ? EMPTY : this.versions[version - 1]!.snapshot, after)
  }

  /** Everything that happened to a path, oldest first. */
  log(path: string): PathChange[] {
    const changes: PathChange[] = []
    let before: Inode | undefined
    for (const [version, { snapshot }] of this.versions.entries()) {
      const inode = entryAt(snapshot, path)
      const kind = !before ? inode && 'A' : !inode ? 'D' : isSame(before, inode) ? undefined : 'C'
      if (kind) changes.push({ version, kind, inode })
      before = inode
    }
    return changes
  }

  /** The version that last changed what lies at a path; `undefined` where nothing does. */
  blame(path: string): number | undefined {
    const last = this.log(path).at(-1)
    return last && last.kind !== 'D' ? last.version : undefined
  }

  /** For every path of the newest version that is no directory: what `blame` says of it. */
  blameAll(): Map<string, number> {
    const from = new Map<string, number>()
    const newest = this.#version(this.versions.length - 1)
    for (let version = this.versions.length - 1; version >= 0; version--) {
      for (const { path, inode } of this.layer(version)) {
        if (!inode || inode.type === 'dir' || from.has(path) || !isLeaf(entryAt(newest, path))) continue
        const before = version === 0 ? undefined : entryAt(this.versions[version - 1]!.snapshot, path)
        if (!before || !isSame(before, inode)) from.set(path, version)
      }
    }
    return from
  }

  /**
   * What each layer says about a path, newest first: the one that is seen, what it shadows, and the whiteouts between. Empty where
   * no layer ever mentioned it.
   */
  explain(path: string): PathLayer[] {
    const layers: PathLayer[] = []
    let visible = true
    for (let version = this.versions.length - 1; version >= 0; version--) {
      const before = version === 0 ? EMPTY : this.versions[version - 1]!.snapshot
      const said = layerEntry(before, this.versions[version]!.snapshot, path)
      if (!said) continue
      layers.push({ version, ...said, visible })
      // Directories are merged: what lies below is seen through those above.
      if (said.inode?.type !== 'dir' || said.at !== clean(path)) visible = false
    }
    return layers
  }

  /** What the first write to a path would copy from `version` into a new layer over it; `undefined` where nothing lies there. */
  copyUpCost(path: string, version: number = this.versions.length - 1): CopyUpCost | undefined {
    const inode = entryAt(this.#version(version), path)
    if (!inode) return undefined
    return { bytes: inode.type === 'file' ? inode.content.size : 0, directories: Math.max(partsOf(path).length - 1, 0) }
  }

  #version(version: number): Snapshot {
    const found = this.versions[version]
    if (!found) throw new FsError('EINVAL', 'history', String(version), { detail: `there are versions 0 to ${this.versions.length - 1}` })
    return found.snapshot
  }
}

/** A frozen tree as a read-only filesystem; every write is EROFS. */
export function snapshotView(snapshot: Snapshot): FileSystem {
  return mountView(snapshotDriver(snapshot))
}

/** A frozen tree as something to mount (a folder of an image, say); every write is EROFS. */
export function snapshotDriver(snapshot: Snapshot): Mountable {
  return new FrozenDriver(snapshot, {})
}

class FrozenDriver extends OverlayDriver {
  readonly readonly = true
}

const EMPTY: Snapshot = { type: 'dir', mode: 0o755, uid: 0, gid: 0, mtimeNs: 0n, entries: new Map() }

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '')
const clean = (path: string): string => partsOf(path).join('/')

function entryAt(snapshot: Snapshot, path: string): Inode | undefined {
  let inode: Inode | undefined = snapshot
  for (const part of partsOf(path)) inode = inode?.type === 'dir' ? inode.entries.get(part) : undefined
  return inode
}

/** A copy-up that changed nothing is no change to whoever reads a log. */
function isSame(a: Inode, b: Inode): boolean {
  if (a === b) return true
  if (a.type !== b.type || !sameAttributes(a, b)) return false
  switch (a.type) {
    case 'dir':
      return sameEntries(a, b as typeof a)
    case 'file':
      return a.content === (b as typeof a).content
    case 'symlink':
      return a.target === (b as typeof a).target
    case 'fifo':
      return true
    default:
      return a.major === (b as typeof a).major && a.minor === (b as typeof a).minor
  }
}

function sameEntries(a: Snapshot, b: Snapshot): boolean {
  return differingNames(a, b).every(({ before, after }) => before !== undefined && after !== undefined && isSame(before, after))
}

/** What the layer from `before` to `after` says about a path: walks down both until they part. */
function layerEntry(before: Snapshot, after: Snapshot, path: string): Pick<PathLayer, 'what' | 'at' | 'inode'> | undefined {
  const parts = partsOf(path)
  let [old, now]: [Inode | undefined, Inode | undefined] = [before, after]
  for (const [i, part] of parts.entries()) {
    const [oldChild, nowChild]: [Inode | undefined, Inode | undefined] = [childOf(old, part), childOf(now, part)]
    const at = parts.slice(0, i + 1).join('/')
    if (oldChild === nowChild) return undefined
    if (!nowChild) return { what: 'whiteout', at, inode: undefined }
    if (i === parts.length - 1) return { what: 'entry', at, inode: nowChild }
    // Something that is no directory took the place of one above the path.
    if (nowChild.type !== 'dir') return oldChild?.type === 'dir' ? { what: 'whiteout', at, inode: nowChild } : undefined
    old = oldChild
    now = nowChild
  }
  return undefined
}

const isLeaf = (inode: Inode | undefined): boolean => inode !== undefined && inode.type !== 'dir'

const childOf = (inode: Inode | undefined, name: string): Inode | undefined => (inode?.type === 'dir' ? inode.entries.get(name) : undefined)
