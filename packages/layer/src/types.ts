import type { Digest } from '@layerwright/digest'
import type { Content, LayerChange, Snapshot } from '@layerwright/vfs'

/** A read-only layer: one uncompressed tar, named by its diffID, and the index that was derived from it. */
export interface Layer {
  readonly diffId: Digest
  /** The tar's bytes. */
  readonly blob: Content
  readonly index: LayerIndex
}

/** Columns over the members of a layer tar, sorted by path; whiteouts are members of their own. Rebuildable from the tar. */
export interface LayerIndex {
  readonly diffId: Digest
  /** Bytes of the tar. */
  readonly size: number
  /** Number of entries, without the whiteouts. */
  readonly entries: number
}

/** Where a writer puts its bytes: `BlobWriter.write` of a store, or a hasher. */
export type Sink = (bytes: Uint8Array) => void

export interface WrittenLayer {
  readonly diffId: Digest
  readonly size: number
  readonly index: LayerIndex
}

export type { Content, LayerChange, Snapshot }
