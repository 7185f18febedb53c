import type { FileSystem, Inode, LayerChange, Snapshot, TreeChange } from './types.js'

/** A writable tree over a frozen one. */
export interface Overlay extends FileSystem {
  /** What it was made over. Never changes. */
  readonly lower: Snapshot
  /**
   * Puts a frozen inode, a whole subtree too, at a path where nothing lies yet; the parent has to exist. Nothing is copied: what is
   * written to it later is copied up first. The same file inode at two paths is a hard link. EEXIST, ENOENT, ENOTDIR.
   * (Asked for by `build`: COPY of 30,000 files must not be 30,000 path operations.)
   */
  graft(path: string, inode: Inode): void
  /** Freezes the merged tree as it is now, in constant time; writing may go on afterwards and does not touch what was frozen. */
  freeze(): Snapshot
  /** The upper directory as data: everything created or copied up since `lower`, and whiteouts. By identity, not by content. */
  changes(): LayerChange[]
  /** What `docker diff` shows. By content. */
  diff(): TreeChange[]
}
