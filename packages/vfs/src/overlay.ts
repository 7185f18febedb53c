import type { Mountable } from './driver.js'
import type { OverlayOptions } from './overlay/options.js'
import type { FileSystem, Inode, LayerChange, Snapshot, TreeChange } from './types.js'

/** What several grafts have in common: filled by the overlay, opaque to the caller. */
export type GraftLinks = Map<Inode, object>

/** A writable tree over a frozen one. */
export interface Overlay extends FileSystem {
  /** What it was made over. Never changes. */
  readonly lower: Snapshot
  /** What it was made with. */
  readonly options: OverlayOptions
  /** The same tree seen from below, to be mounted somewhere (a named volume and a tmpfs are overlays over an empty tree). */
  readonly driver: Mountable
  /** Freezes the merged tree as it is now, in constant time; writing may go on afterwards and does not touch what was frozen. */
  freeze(): Snapshot
  /** The upper directory as data: everything created or copied up since `lower`, and whiteouts. By identity, not by content. */
  changes(): LayerChange[]
  /** What `docker diff` shows. By content. */
  diff(): TreeChange[]
  /**
   * Puts a copy of a frozen tree (or of one inode) under a free name, with all its attributes as they are. The copies are new
   * inodes, hard links inside the tree stay links among themselves, contents are shared by reference.
   * @param links grafts that share one are linked among each other too: pass the same map for trees that are parts of one;
   *   `none` from who has seen that the tree has no hard links in it, and not to the others, which need not be looked for then
   * @throws FsError EEXIST, ENOENT, ENOTDIR … as `mkdir`.
   */
  graft(path: string, tree: Inode, links?: GraftLinks | 'none'): void
}
