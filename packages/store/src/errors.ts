import type { Digest } from '@layerwright/digest'

/** Bytes do not have the digest that they were announced with. */
export class DigestMismatchError extends Error {
  override readonly name = 'DigestMismatchError'
  readonly code = 'DIGEST_MISMATCH'
  readonly expected: Digest
  readonly actual: Digest
  constructor(expected: Digest, actual: Digest) {
    super(`The bytes have the digest ${actual}, not ${expected}: the source is damaged or was changed; get it again`)
    this.expected = expected
    this.actual = actual
  }
}

/** There are more or fewer bytes than announced. */
export class SizeMismatchError extends Error {
  override readonly name = 'SizeMismatchError'
  readonly code = 'SIZE_MISMATCH'
  readonly expected: number
  readonly actual: number
  constructor(expected: number, actual: number) {
    super(`There are ${actual} bytes where ${expected} were announced: the source is truncated or was changed; get it again`)
    this.expected = expected
    this.actual = actual
  }
}

/** A blob in the store is not what its name says. */
export class BlobCorruptError extends Error {
  override readonly name = 'BlobCorruptError'
  readonly code = 'BLOB_CORRUPT'
  readonly digest: Digest
  constructor(digest: Digest, what: string) {
    super(`Blob ${digest} is damaged: ${what}. Remove it from the store and make it again`)
    this.digest = digest
  }
}

/** A blob was removed while somebody still read it. */
export class BlobMissingError extends Error {
  override readonly name = 'BlobMissingError'
  readonly code = 'BLOB_MISSING'
  readonly digest: Digest
  constructor(digest: Digest) {
    super(`Blob ${digest} is gone: it was removed while it was in use; run the command again`)
    this.digest = digest
  }
}

/** A writer was used after commit or abort. */
export class WriterClosedError extends Error {
  override readonly name = 'WriterClosedError'
  readonly code = 'WRITER_CLOSED'
  constructor() {
    super('This blob writer has been committed or aborted: take a new one for each blob')
  }
}

/** The folder is not a store, and not empty either. It was left as it is. */
export class NotAStoreError extends Error {
  override readonly name = 'NotAStoreError'
  readonly code = 'STORE_INVALID'
  readonly path: string
  constructor(path: string, what: string) {
    super(`${path} is not a store: ${what}. Name an empty folder, a new one, or an existing store; nothing was changed`)
    this.path = path
  }
}

/** The store was written by another version of this library. */
export class StoreVersionError extends Error {
  override readonly name = 'StoreVersionError'
  readonly code = 'STORE_VERSION'
  readonly path: string
  readonly found: unknown
  constructor(path: string, found: unknown, known: number) {
    super(
      `The store ${path} has the format version ${String(found)}, this library knows ${known}: use a matching release, or another folder`,
    )
    this.path = path
    this.found = found
  }
}

/** No room on the disk (or the quota is used up). What was being written has been removed. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError'
  readonly code = 'STORE_FULL'
  readonly path: string
  constructor(path: string, cause: unknown) {
    super(`No space left for the store ${path}: free some, prune the store, or put it elsewhere; nothing was left behind`, { cause })
    this.path = path
  }
}

/** The operating system refused an operation on the store's folder. */
export class StoreAccessError extends Error {
  override readonly name = 'StoreAccessError'
  readonly code = 'STORE_ACCESS'
  readonly path: string
  constructor(path: string, cause: unknown) {
    super(
      `Cannot use the store ${path}: ${cause instanceof Error ? cause.message : String(cause)}. Check that the folder is yours and writable`,
      { cause },
    )
    this.path = path
  }
}
