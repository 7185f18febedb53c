import { createHasher, type Digest, hexOf } from '@layerwright/digest'
import { DigestMismatchError, SizeMismatchError, WriterClosedError } from '../errors.js'
import { storeLimits } from '../limits.js'
import type { Blob, BlobWriter } from '../types.js'
import {
  closeFile,
  createFile,
  moveInto,
  type Places,
  placeIn,
  removeLeftover,
  statOf,
  storeError,
  syncFile,
  touchFile,
  writeAll,
} from './files.js'
import { ownedName } from './owner.js'

export interface WriterOptions {
  readonly fsync: boolean
  /** Gives the finished blob. */
  readonly blob: (digest: Digest, size: number) => Blob
}

/**
 * Writes to `tmp/`, hashes on the way, and renames into place. The file is made when the buffer first overflows or at commit, so a small
 * blob that is there already never touches the disk.
 */
export function fileWriter(places: Places, options: WriterOptions): BlobWriter {
  const hasher = createHasher()
  let buffer: Uint8Array = new Uint8Array(0)
  let filled = 0
  let size = 0
  let path = ''
  let fd: number | undefined
  let closed = false

  function put(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    hasher.update(bytes)
    if (fd === undefined) {
      path = placeIn(places.tmp, ownedName())
      fd = createFile(path)
    }
    writeAll(fd, bytes)
  }

  function drop(): void {
    closed = true
    buffer = new Uint8Array(0)
    const open = fd
    fd = undefined
    if (open !== undefined) closeFile(open)
    if (path) removeLeftover(path)
    path = ''
  }

  /** Runs a step; when it fails, nothing stays. */
  function step<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      drop()
      throw storeError(places.root, error)
    }
  }

  function flush(): void {
    const part = buffer.subarray(0, filled)
    filled = 0
    put(part)
  }

  return {
    write(bytes) {
      if (closed) throw new WriterClosedError()
      size += bytes.length
      step(() => {
        if (filled + bytes.length > storeLimits.writeBuffer) {
          flush()
        }
        // What is large goes straight through: copying it would only cost.
        if (filled === 0 && bytes.length >= storeLimits.writeBuffer / 2) return put(bytes)
        if (filled + bytes.length > buffer.length) {
          // Grows to its full size at the second step: most blobs are a config or a manifest, or a layer.
          const larger = Buffer.allocUnsafeSlow(filled + bytes.length <= 16 * 1024 ? 16 * 1024 : storeLimits.writeBuffer)
          larger.set(buffer.subarray(0, filled))
          buffer = larger
        }
        buffer.set(bytes, filled)
        filled += bytes.length
      })
    },
    async commit(expected = {}) {
      if (closed) throw new WriterClosedError()
      closed = true
      if (expected.size !== undefined && expected.size !== size) {
        drop()
        throw new SizeMismatchError(expected.size, size)
      }
      const rest = buffer.subarray(0, filled)
      if (fd !== undefined) step(flush)
      else hasher.update(rest)
      const digest = hasher.digest()
      if (expected.digest !== undefined && expected.digest !== digest) {
        drop()
        throw new DigestMismatchError(expected.digest, digest)
      }
      const name = hexOf(digest)
      try {
        const there = statOf(placeIn(places.blobs, name))
        // Touched, so that a collection that is under way sees that it is wanted again; one that was faster has left nothing to touch.
        if (there?.size === size && touchFile(placeIn(places.blobs, name)) === 'touched') {
          drop()
          return options.blob(digest, size)
        }
        if (fd === undefined) {
          path = placeIn(places.tmp, ownedName())
          fd = createFile(path)
          writeAll(fd, rest)
        }
        if (options.fsync) await syncFile(fd)
        closeFile(fd)
        fd = undefined
        moveInto(path, places.blobs, name)
        path = ''
      } catch (error) {
        drop()
        throw storeError(places.root, error)
      }
      buffer = new Uint8Array(0)
      return options.blob(digest, size)
    },
    abort() {
      if (!closed) drop()
    },
  }
}
