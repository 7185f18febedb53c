import { type DirInode, dirInode, emptySnapshot, type Inode, type Snapshot, sameAttributes } from '@layerwright/vfs'
import { LayerError } from '../errors.js'
import type { Layer } from '../types.js'
import { isLowerLink, isOwnDir, type LowerLink, type OwnDir, type OwnNode, ownTree } from './tree.js'

/**
 * The tree that `layer` makes of `lower`, as an overlay mount would show it: names of the layer win, directories on both sides are merged unless
 * opaque or whited out, whiteouts hide names of the lower wherever in the tar they stand. Costs the layer's changes (and the
 * directories on their way); untouched subtrees are the lower's own objects.
 * @throws LayerError
 */
export function applyLayer(lower: Snapshot, layer: Layer): Snapshot {
  return new Merge(lower).dir(lower, ownTree(layer))
}

/** The tree of layers on each other, lowest first. */
export function layerSnapshot(layers: readonly Layer[]): Snapshot {
  return layers.reduce(applyLayer, emptySnapshot())
}

/** The tree of one own tree over nothing. */
export const frozen = (own: OwnDir): Snapshot => new Merge(emptySnapshot()).dir(undefined, own)

class Merge {
  readonly #root: Snapshot

  constructor(root: Snapshot) {
    this.#root = root
  }

  dir(lower: DirInode | undefined, own: OwnDir): DirInode {
    if (!lower && own.alone) return own.alone
    const shown = own.opaque ? undefined : lower?.entries
    const entries = new Map(shown)
    let changed = own.opaque && lower !== undefined && lower.entries.size > 0
    for (const name of own.whiteouts) if (entries.delete(name)) changed = true
    let linksLower = false
    for (const [name, node] of own.entries) {
      const below = entries.get(name)
      const made = this.#node(below, node)
      linksLower ||= isLowerLink(node) || (isOwnDir(node) && node.alone === undefined)
      if (made === below) continue
      changed = true
      if (made) entries.set(name, made)
    }
    // What the layer does not say of a directory, the lower says; else it is what unpackers make.
    const attributes = own.attributes ?? lower ?? {}
    if (lower && !changed && sameAttributes(lower, attributes as DirInode)) return lower
    const { mode, uid, gid, mtimeNs, xattrs } = attributes as Partial<DirInode>
    const made = dirInode(entries, {
      ...(mode !== undefined && { mode, uid: uid ?? 0, gid: gid ?? 0, mtimeNs: mtimeNs ?? 0n }),
      xattrs,
    })
    // Links to the lower make it another tree over another lower.
    if (!lower && !linksLower) own.alone = made
    return made
  }

  #node(below: Inode | undefined, node: OwnNode): Inode | undefined {
    if (isLowerLink(node)) return this.#lowerTarget(node)
    if (!isOwnDir(node)) return node
    const lower = below?.type === 'dir' ? below : undefined
    // Nothing but whiteouts, and nothing there that they could hide.
    if (node.ghost && !lower) return below
    return this.dir(lower, node)
  }

  /** S7: by names alone, to an entry that is there. */
  #lowerTarget({ link, path }: LowerLink): Inode {
    let node: Inode | undefined = this.#root
    for (const name of link.split('/')) node = node?.type === 'dir' ? node.entries.get(name) : undefined
    if (!node || node.type === 'dir')
      throw new LayerError('LAYER_LINK_TARGET', path, `it is a hard link to ${JSON.stringify(link)}, which is not a file of this image`)
    return node
  }
}
