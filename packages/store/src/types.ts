import type { Digest } from '@layerwright/digest'

/** A blob in a store. Structurally a `Content` of @layerwright/vfs whose digest is known. */
export interface Blob {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  /** Streams `[start, end)`. Chunks may be views on reused memory: use each before asking for the next. */
  stream(start?: number, end?: number): AsyncIterable<Uint8Array>
  /** Copies from `offset` into `target`; gives the bytes copied, less than `target.length` only at the end. */
  readInto?(target: Uint8Array, offset: number): number
}

/** Bytes on their way in: nothing is visible before `commit`. */
export interface BlobWriter {
  /**
   * Takes the bytes at once; the caller may reuse the memory.
   * @throws StoreFullError when the disk is full; what was written is removed.
   */
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
/** How a record is written. */
export interface PutRecordOptions {
  /**
   * It is on the disk before it takes the place of the one before: after a power loss one of the two is there, whole. For what cannot be made again; costs an fsync.
   * Default false.
   */
  readonly durable?: boolean
}

export interface Store {
  /**
   * The blob, or undefined.
   * `size`: what the caller knows it must be, in bytes.
   * @throws BlobCorruptError when the blob has another size than that.
   */
  blob(digest: Digest, size?: number): Promise<Blob | undefined>
  writer(): BlobWriter
  /** Bytes of a record, or undefined. A record that was torn by a power loss reads as undefined; see `PutRecordOptions`. */
  record(kind: string, key: string): Promise<Uint8Array | undefined>
  /** Replaces atomically. */
  putRecord(kind: string, key: string, bytes: Uint8Array, options?: PutRecordOptions): Promise<void>
  /** A record that is not there is no error. */
  deleteRecord(kind: string, key: string): Promise<void>
  /**
   * Says that a record was of use just now, for collections; gives whether it was there. Who leans on a record that it has read touches it then, and takes it for absent
   * where that gives false: a collection was faster.
   */
  touch(kind: string, key: string): Promise<boolean>
  /** Keys of one kind, sorted by UTF-16 code units. */
  recordKeys(kind: string): Promise<string[]>
  /** Whether there may be a record of this kind: false is certain. Costs the same however many there are. */
  hasRecords(kind: string): Promise<boolean>
}

/** One thing that `verify` found wrong. */
export interface StoreFault {
  readonly code: 'BLOB_CORRUPT' | 'RECORD_CORRUPT' | 'STRAY_FILE'
  /** The digest of a blob, or the name of a file inside the store's folder. */
  readonly subject: string
  readonly message: string
  /** Whether it is gone now. A stray file is never touched: no store made it. */
  readonly repaired: boolean
}

export interface VerifyOptions {
  /** Removes blobs and records that are damaged: they then count as absent, and are made again when somebody needs them. Default false. */
  readonly repair?: boolean
  readonly signal?: AbortSignal
}

/** A blob as maintenance sees it. */
export interface StoredBlob {
  readonly digest: Digest
  readonly size: number
  /** Bytes that it takes on the disk. */
  readonly disk: number
  /** Milliseconds since 1970, of its latest commit. */
  readonly usedMs: number
}

/** A record as maintenance sees it. */
export interface StoredRecord {
  readonly key: string
  /** Its bytes; undefined when it has gone away, or is torn. */
  value(): Promise<Uint8Array | undefined>
  /** Bytes that it takes on the disk. */
  readonly disk: number
  /** Milliseconds since 1970, of its latest write or `touch`. */
  readonly usedMs: number
}

/** Bytes on the disk, as `du` counts them: in blocks, folders included. */
export interface StoreUsage {
  readonly blobs: number
  readonly records: number
  /** Folders, locks, what is being written, and whatever else lies in the store's folder. */
  readonly other: number
  readonly total: number
}

/** What a store can do beside reading and writing; probed by maintenance commands. */
export interface StoreMaintenance {
  blobs(): AsyncIterable<StoredBlob>
  /** The records of one kind, in no order. Large ones are read only when their value is asked for. */
  records(kind: string): AsyncIterable<StoredRecord>
  usage(): Promise<StoreUsage>
  /**
   * Removes every blob that is not in `reachable` and not being written; gives how many, and their bytes.
   * `before`: blobs that were committed, or committed again, at or after this time (milliseconds since 1970) are kept. Take the time first, then
   * compute `reachable`, then collect: so a build that runs meanwhile in another process loses nothing. Default: no blob is too young.
   */
  collect(
    reachable: ReadonlySet<Digest>,
    options?: { readonly before?: number },
  ): Promise<{ readonly removed: number; readonly bytes: number }>
  /** Removes blobs as they were listed: one that was committed again since then stays. */
  remove(blobs: Iterable<StoredBlob>): Promise<void>
  /** Removes a record as it was listed, and gives true; one that was written or touched since then stays. */
  removeRecord(kind: string, key: string, usedMs: number): Promise<boolean>
  /**
   * Runs `work` while no other process or caller holds the same name; released when the holder dies. Not reentrant.
   * `signal` ends the waiting, not the work.
   */
  lock<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /**
   * Runs `work` as somebody who uses the store: what is written or touched from now on is nobody's to remove before `work` is done. Ends with the
   * process. Any number at once; waits only for a `maintain` that is under way. Not to be called from inside one.
   */
  lease<T>(work: () => Promise<T>): Promise<T>
  /**
   * Runs `work` alone among all `maintain`s, and before any lease that is asked for meanwhile. `since`: milliseconds since 1970; what was written or
   * touched at or after it belongs to a lease that still runs. Infinity: there is none.
   */
  maintain<T>(work: (since: number) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Reads everything and reports all that is wrong at once. Costs the reading of every blob. */
  verify(options?: VerifyOptions): Promise<StoreFault[]>
}

/** A store with its maintenance: what both implementations of this package give. */
export type MaintainedStore = Store & StoreMaintenance
