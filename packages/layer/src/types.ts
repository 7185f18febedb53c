import type { Digest } from '@layerwright/digest'
import type { Content, Xattrs } from '@layerwright/vfs'

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
  readonly columns: LayerColumns
  /** One row as an object; `row` from 0 to `columns.count - 1`. */
  row(row: number): LayerRow
  /** The latest entry of a path (no whiteout), or undefined. Binary search. */
  find(path: string): LayerRow | undefined
}

/** What a row of an index is. `whiteout` and `opaque` stand under the path that they are about. */
export type RowKind = 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'dir' | 'fifo' | 'whiteout' | 'opaque'

/** One member of a layer tar, as the index knows it. */
export interface LayerRow {
  readonly kind: RowKind
  /** Clean, without leading or trailing slash; `''` is the root. */
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeNs: bigint
  /** Bytes of a file's content; 0 for everything else. */
  readonly size: number
  /** Where the content begins in the tar. */
  readonly offset: number
  /** sha256 of a file's content, where it was computed. */
  readonly digest: Digest | undefined
  /** Target of a symlink (verbatim) or of a hard link (clean path). */
  readonly target: string | undefined
  readonly major: number
  readonly minor: number
  readonly xattrs: Xattrs | undefined
  readonly sparse: SparseMap | undefined
}

/** Runs of data of a sparse file: `[offset in the file, bytes]`, ascending; everything else is zeros. */
export type SparseMap = readonly (readonly [offset: number, length: number])[]

/** The columns themselves, for those who walk all rows. Never written to. */
export interface LayerColumns {
  /** Rows. */
  readonly count: number
  /** Index into `ROW_KINDS`. */
  readonly kinds: Uint8Array
  readonly paths: readonly string[]
  readonly modes: Uint16Array
  readonly uids: Uint32Array
  readonly gids: Uint32Array
  /** mtime: seconds since 1970, rounded down, and the nanoseconds above them. */
  readonly seconds: Float64Array
  readonly nanos: Uint32Array
  readonly sizes: Float64Array
  readonly offsets: Float64Array
  /** 32 bytes a row, of meaning where `hashed` is 1; empty where it is so nowhere. */
  readonly digests: Uint8Array
  readonly hashed: Uint8Array
  /** Rows in the order of the tar, where that is not the order of the rows. */
  readonly order: Uint32Array | undefined
  readonly targets: ReadonlyMap<number, string>
  readonly devices: ReadonlyMap<number, readonly [major: number, minor: number]>
  readonly xattrs: ReadonlyMap<number, Xattrs>
  readonly sparse: ReadonlyMap<number, SparseMap>
}

/** Where a writer puts its bytes: `BlobWriter.write` of a store, or a hasher. The memory is reused after the call. */
export type Sink = (bytes: Uint8Array) => void

export interface WrittenLayer {
  readonly diffId: Digest
  readonly size: number
  readonly index: LayerIndex
}

/** What this package needs of a store; `Store` of @layerwright/store is one. */
export interface LayerStore {
  blob(digest: Digest, size?: number): Promise<(Content & { readonly digest: Digest }) | undefined>
  writer(): LayerBlobWriter
  record(kind: string, key: string): Promise<Uint8Array | undefined>
  putRecord(kind: string, key: string, bytes: Uint8Array): Promise<void>
}

/** A blob on its way into a `LayerStore`. */
export interface LayerBlobWriter {
  write(bytes: Uint8Array): void
  commit(expected?: { readonly digest?: Digest; readonly size?: number }): Promise<Content & { readonly digest: Digest }>
  abort(): void
}

/** A member of any tar, as it is written there. */
export interface TarEntry {
  /** Verbatim: may be absolute, climb, or end in a slash. */
  readonly name: string
  readonly kind: 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'dir' | 'fifo'
  /** Verbatim; `''` for what is no link. */
  readonly linkName: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeNs: bigint
  readonly major: number
  readonly minor: number
  readonly xattrs: Xattrs | undefined
  /** Of a file: a slice of the archive, holes as zeros. */
  readonly content: Content | undefined
}
