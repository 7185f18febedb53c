import type { Digest } from '@layerwright/digest'

/** A blob in a store. Structurally a `Content` of @layerwright/vfs whose digest is known. */
export interface Blob {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  stream(start?: number, end?: number): AsyncIterable<Uint8Array>
  readInto?(target: Uint8Array, offset: number): number
}

/** Bytes on their way in: nothing is visible before `commit`. */
export interface BlobWriter {
  /** Takes the bytes at once; the caller may reuse the memory. */
  write(bytes: Uint8Array): void
  /**
   * Verifies, makes durable, and renames into place; a blob that is there already is kept.
   * @throws DigestMismatchError, SizeMismatchError when what was written is not what was expected; nothing is left behind.
   */
  commit(expected?: { readonly digest?: Digest; readonly size?: number }): Promise<Blob>
  /** Drops what was written. Safe to call at any time, also after commit (then it does nothing). */
  abort(): void
}

/**
 * Blobs by digest, and small named records apart from them. `kind` and `key` of a record are opaque: a store hashes them before
 * they get near a path (S19, S26).
 */
export interface Store {
  /** The blob, or undefined. */
  blob(digest: Digest): Promise<Blob | undefined>
  writer(): BlobWriter
  /** Bytes of a record, or undefined. */
  record(kind: string, key: string): Promise<Uint8Array | undefined>
  /** Replaces atomically. */
  putRecord(kind: string, key: string, bytes: Uint8Array): Promise<void>
  deleteRecord(kind: string, key: string): Promise<void>
  /** Keys of one kind, sorted. */
  recordKeys(kind: string): Promise<string[]>
}

/** What a store can do beside reading and writing; probed by maintenance commands. */
export interface StoreMaintenance {
  blobs(): AsyncIterable<{ readonly digest: Digest; readonly size: number }>
  /** Removes every blob that is not in `reachable` and not being written; gives bytes freed. */
  collect(reachable: ReadonlySet<Digest>): Promise<{ readonly removed: number; readonly bytes: number }>
  /**
   * Runs `work` while no other process or caller holds the same name; released when the holder dies.
   */
  lock<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}
