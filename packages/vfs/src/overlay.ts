import type { FileSystem, LayerChange, Snapshot, TreeChange } from './types.js'

/** A writable tree over a frozen one. */
export interface Overlay extends FileSystem {
  /** What it was made over. Never changes. */
  readonly lower: Snapshot
  /** Freezes the merged tree as it is now, in constant time; writing may go on afterwards and does not touch what was frozen. */
  freeze(): Snapshot
  /** The upper directory as data: everything created or copied up since `lower`, and whiteouts. By identity, not by content. */
  changes(): LayerChange[]
  /** What `docker diff` shows. By content. */
  diff(): TreeChange[]
}
