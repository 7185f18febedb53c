import { openLayer, storeLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { createOverlay, emptySnapshot, type Overlay, replayChanges, type Snapshot, setAttributes, upperChanges } from '@layerwright/vfs'
import { CorruptRecordError } from '../errors.js'
import { fromStored, toStored } from './tree-layer.js'
import type { TreeRef } from './types.js'

/** A writable tree in memory, and the reference to it as it was last saved. */
export interface LiveTree {
  readonly overlay: Overlay
  /** The whole tree at that time: still the same object, nothing was written since. */
  saved: Snapshot
  ref: TreeRef
}

export const NO_TREE: TreeRef = { diffId: null, root: null }

export const sameTree = (a: TreeRef, b: TreeRef): boolean =>
  a.diffId === b.diffId &&
  a.root?.mode === b.root?.mode &&
  a.root?.uid === b.root?.uid &&
  a.root?.gid === b.root?.gid &&
  a.root?.mtimeNs === b.root?.mtimeNs

/** What a tree is made over, and by which clock its new files are dated. */
export interface TreeOptions {
  readonly lower: Snapshot
  readonly now: () => bigint
  /** See `OverlayOptions`. */
  readonly maxBytes?: number
  /** For an error: the record that names the tree. */
  readonly owner: { readonly kind: string; readonly key: string }
}

/** A tree as its reference says. Costs its changes, not the tree below. @throws CorruptRecordError */
export async function loadTree(store: Store, ref: TreeRef, { lower, now, maxBytes = 0, owner }: TreeOptions): Promise<LiveTree> {
  const overlay = createOverlay(lower, { now, maxBytes })
  if (ref.diffId !== null) {
    const layer = await openLayer(store, ref.diffId)
    if (!layer) throw new CorruptRecordError(owner.kind, owner.key, `its layer ${ref.diffId} is not in the store`)
    replayChanges(overlay, fromStored(layer, lower))
  }
  if (ref.root) setAttributes(overlay, '/', { ...ref.root, mtimeNs: BigInt(ref.root.mtimeNs) })
  return { overlay, saved: overlay.freeze(), ref }
}

/** Puts the tree's changes into the store, if there are new ones, and gives the reference to write into its record. */
export async function saveTree(store: Store, tree: LiveTree): Promise<TreeRef> {
  const now = tree.overlay.freeze()
  if (now === tree.saved) return tree.ref
  const { lower } = tree.overlay
  const changes = upperChanges(lower, now)
  const diffId = changes.length === 0 ? null : (await storeLayer(store, toStored(changes))).diffId
  const { mode, uid, gid, mtimeNs } = now
  tree.ref = { diffId, root: now === lower ? null : { mode, uid, gid, mtimeNs: String(mtimeNs) } }
  tree.saved = now
  return tree.ref
}

/** An empty tree: what volumes and tmpfs begin as. */
export const emptyTree = (mode: number, uid = 0, gid = 0): TreeRef => ({ diffId: null, root: { mode, uid, gid, mtimeNs: '0' } })

export const nothing: Snapshot = emptySnapshot()
