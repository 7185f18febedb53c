import { createHasher, type Digest, sha256 } from '@layerwright/digest'
import { BlobCorruptError, DigestMismatchError, SizeMismatchError, WriterClosedError } from './errors.js'
import { createQueue } from './queue.js'
import type { Blob, BlobWriter, MaintainedStore, StoreFault } from './types.js'

interface Held {
  readonly blob: Blob
  readonly bytes: Uint8Array
  /** Milliseconds since 1970, of the latest commit. */
  committed: number
}

interface HeldRecord {
  readonly value: Uint8Array
  usedMs: number
}

/** A store in memory: for tests, the browser, and builds whose result goes straight to an exporter. Gone with the object. */
export function memoryStore(): MaintainedStore {
  const blobs = new Map<Digest, Held>()
  const records = new Map<string, Map<string, HeldRecord>>()
  const queue = createQueue()
  const leases = new Set<{ readonly since: number }>()
  const maintenances = createQueue()
  let maintenance: Promise<unknown> | undefined

  return {
    async blob(digest, size) {
      const held = blobs.get(digest)
      if (held && size !== undefined && held.blob.size !== size) {
        throw new BlobCorruptError(digest, `it has ${held.blob.size} bytes, not ${size}`)
      }
      return held?.blob
    },
    writer: () => memoryWriter(blobs),
    async record(kind, key) {
      return records.get(kind)?.get(key)?.value.slice()
    },
    async putRecord(kind, key, bytes) {
      const ofKind = records.get(kind) ?? new Map<string, HeldRecord>()
      records.set(kind, ofKind.set(key, { value: copyOf(bytes), usedMs: Date.now() }))
    },
    async deleteRecord(kind, key) {
      records.get(kind)?.delete(key)
    },
    async recordKeys(kind) {
      return [...(records.get(kind)?.keys() ?? [])].sort()
    },
    async hasRecords(kind) {
      return (records.get(kind)?.size ?? 0) > 0
    },
    async *blobs() {
      for (const { blob, committed } of blobs.values()) yield { digest: blob.digest, size: blob.size, disk: blob.size, usedMs: committed }
    },
    async *records(kind) {
      for (const [key, { value, usedMs }] of records.get(kind) ?? [])
        yield { key, value: async () => value.slice(), disk: value.length, usedMs }
    },
    async touch(kind, key) {
      const record = records.get(kind)?.get(key)
      if (record) record.usedMs = Date.now()
      return record !== undefined
    },
    async usage() {
      const sum = { blobs: 0, records: 0 }
      for (const { bytes } of blobs.values()) sum.blobs += bytes.length
      for (const ofKind of records.values()) for (const { value } of ofKind.values()) sum.records += value.length
      return { ...sum, other: 0, total: sum.blobs + sum.records }
    },
    async collect(reachable, options = {}) {
      let removed = 0
      let bytes = 0
      for (const [digest, { blob, committed }] of blobs) {
        if (reachable.has(digest) || (options.before !== undefined && committed >= options.before)) continue
        blobs.delete(digest)
        removed++
        bytes += blob.size
      }
      return { removed, bytes }
    },
    async remove(list) {
      for (const { digest, usedMs } of list) if (blobs.get(digest)?.committed === usedMs) blobs.delete(digest)
    },
    async removeRecord(kind, key, usedMs) {
      const ofKind = records.get(kind)
      return ofKind?.get(key)?.usedMs === usedMs && ofKind.delete(key)
    },
    lock: (name, work, signal) => queue(name, work, signal),
    async lease(work) {
      const lease = { since: Date.now() }
      leases.add(lease)
      try {
        await maintenance
        return await work()
      } finally {
        leases.delete(lease)
      }
    },
    maintain: (work, signal) =>
      maintenances(
        'maintenance',
        async () => {
          const done = work(Math.min(Number.POSITIVE_INFINITY, ...[...leases].map(({ since }) => since)))
          maintenance = done.catch(() => {})
          try {
            return await done
          } finally {
            maintenance = undefined
          }
        },
        signal,
      ),
    async verify({ repair = false, signal } = {}) {
      const faults: StoreFault[] = []
      for (const [digest, { bytes }] of blobs) {
        signal?.throwIfAborted()
        const actual = sha256(bytes)
        if (actual === digest) continue
        faults.push({
          code: 'BLOB_CORRUPT',
          subject: digest,
          message: `its bytes have the digest ${actual}`,
          repaired: repair && blobs.delete(digest),
        })
      }
      return faults
    },
  }
}

/** `slice` would not do: that of a Node Buffer shares the memory. */
const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

function memoryBlob(digest: Digest, bytes: Uint8Array): Blob {
  return {
    digest,
    size: bytes.length,
    async *stream(start = 0, end = bytes.length) {
      if (start < end) yield bytes.subarray(start, end)
    },
    readInto(target, offset) {
      const part = bytes.subarray(offset, offset + target.length)
      target.set(part)
      return part.length
    },
  }
}

function memoryWriter(blobs: Map<Digest, Held>): BlobWriter {
  const hasher = createHasher()
  let chunks: Uint8Array[] | undefined = []
  let size = 0
  return {
    write(bytes) {
      if (!chunks) throw new WriterClosedError()
      chunks.push(copyOf(bytes))
      hasher.update(bytes)
      size += bytes.length
    },
    async commit(expected = {}) {
      if (!chunks) throw new WriterClosedError()
      const parts = chunks
      chunks = undefined
      const digest = hasher.digest()
      if (expected.size !== undefined && expected.size !== size) throw new SizeMismatchError(expected.size, size)
      if (expected.digest !== undefined && expected.digest !== digest) throw new DigestMismatchError(expected.digest, digest)
      const there = blobs.get(digest)
      if (there) {
        there.committed = Date.now()
        return there.blob
      }
      const bytes = new Uint8Array(size)
      let at = 0
      for (const part of parts) {
        bytes.set(part, at)
        at += part.length
      }
      const blob = memoryBlob(digest, bytes)
      blobs.set(digest, { blob, bytes, committed: Date.now() })
      return blob
    },
    abort() {
      chunks = undefined
    },
  }
}
