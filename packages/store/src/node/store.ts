import { resolve } from 'node:path'
import { type Digest, hexOf, isDigest } from '@layerwright/digest'
import { BlobCorruptError } from '../errors.js'
import type { MaintainedStore, StoredBlob } from '../types.js'
import { openBlobs } from './blobs.js'
import { diskBelow, diskOf, namesIn, placeIn, placesOf, removeFile, removeUntouched, statOf, storeError } from './files.js'
import { fileLeases } from './leases.js'
import { fileLocks } from './locks.js'
import { prepare, sweep } from './open.js'
import { ownedName } from './owner.js'
import { fileRecords } from './records.js'
import { verifyFiles } from './verify.js'
import { fileWriter } from './writer.js'

export interface OpenStoreOptions {
  /** Makes the store in a new or empty folder. Default true. */
  readonly create?: boolean
  /**
   * Whether a blob is on the disk, not only in the page cache, before it gets its name. Default true. With false a build is faster on slow
   * disks; kill -9 still loses nothing, a power loss can leave blobs that only `verify` finds.
   */
  readonly fsync?: boolean
}

export interface FileStore extends MaintainedStore {
  /** Absolute path of its folder. */
  readonly dir: string
  /** Closes the files that are held open for reading; the store opens them again when it needs them. */
  close(): void
}

/**
 * Opens the store in a folder; about 0.2 ms for one that exists. Any number of processes may have it open.
 *
 * - `blobs/sha256/<hex>`: written to `tmp/`, verified, fsynced, renamed. Never changed afterwards.
 * - `records/<sha256 of kind>/<sha256 of key>`: replaced by rename, fsynced only where its writer wants that (a torn one reads as absent).
 * - `locks/`: claims and leases of running processes.
 *
 * @throws NotAStoreError when the folder holds something else; it is left as it is.
 * @throws StoreVersionError, StoreFullError, StoreAccessError
 */
export async function openStore(dir: string, options: OpenStoreOptions = {}): Promise<FileStore> {
  const places = placesOf(resolve(dir))
  prepare(places, options.create ?? true)
  const files = openBlobs(places.blobs)
  const records = fileRecords(places)
  const pathOf = (digest: Digest) => placeIn(places.blobs, hexOf(digest))
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw storeError(places.root, error)
    }
  }

  const lock = fileLocks(places)
  const leases = fileLeases(places, lock)

  function* digests(): Generator<StoredBlob> {
    for (const name of namesIn(places.blobs)) {
      const digest = `sha256:${name}`
      const stat = isDigest(digest) ? statOf(pathOf(digest)) : undefined
      if (stat?.isFile()) yield { digest: digest as Digest, size: stat.size, disk: diskOf(stat), usedMs: stat.mtimeMs }
    }
  }

  return {
    dir: places.root,
    async blob(digest, size) {
      const stat = guarded(() => statOf(pathOf(digest)))
      if (!stat) return undefined
      if (size !== undefined && stat.size !== size) throw new BlobCorruptError(digest, `it has ${stat.size} bytes, not ${size}`)
      return files.blob(digest, stat.size)
    },
    writer: () => fileWriter(places, { fsync: options.fsync ?? true, blob: files.blob }),
    record: async (kind, key) => guarded(() => records.get(kind, key)),
    putRecord: async (kind, key, bytes, given) =>
      guarded(() => records.put(kind, key, bytes, { durable: options.fsync !== false && given?.durable === true })),
    deleteRecord: async (kind, key) => guarded(() => records.delete(kind, key)),
    recordKeys: async (kind) => guarded(() => records.keys(kind)),
    hasRecords: async (kind) => guarded(() => records.any(kind)),
    async *blobs() {
      yield* digests()
    },
    async *records(kind) {
      yield* records.all(kind)
    },
    touch: async (kind, key) => guarded(() => records.touch(kind, key)),
    async usage() {
      const [total, ofBlobs, ofRecords] = [places.root, places.blobs, places.records].map(diskBelow) as [number, number, number]
      return { blobs: ofBlobs, records: ofRecords, other: total - ofBlobs - ofRecords, total }
    },
    async collect(reachable, { before } = {}) {
      let removed = 0
      let bytes = 0
      guarded(() => {
        sweep(places)
        for (const { digest, size, usedMs } of digests()) {
          if (reachable.has(digest) || (before !== undefined && usedMs >= before)) continue
          if (!removeFile(pathOf(digest))) continue
          removed++
          bytes += size
        }
      })
      return { removed, bytes }
    },
    async remove(blobs) {
      guarded(() => {
        for (const { digest, usedMs } of blobs) removeUntouched(pathOf(digest), usedMs, placeIn(places.tmp, ownedName()))
      })
    },
    removeRecord: async (kind, key, usedMs) => guarded(() => records.removeUntouched(kind, key, usedMs)),
    lock,
    ...leases,
    verify: (options = {}) => verifyFiles(places, files, records, options),
    close: () => files.close(),
  }
}
