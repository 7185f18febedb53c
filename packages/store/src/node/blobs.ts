import { close, closeSync, open, openSync, read, readSync } from 'node:fs'
import { type Digest, hexOf } from '@layerwright/digest'
import { BlobMissingError } from '../errors.js'
import { storeLimits } from '../limits.js'
import type { Blob } from '../types.js'
import { codeOf, placeIn } from './files.js'

/** Files of blobs that are open for synchronous reads: the latest `storeLimits.openBlobs` of them. */
export interface OpenBlobs {
  blob(digest: Digest, size: number): Blob
  close(): void
}

export function openBlobs(folder: string): OpenBlobs {
  // A Map keeps the order of insertion: the first key is the one that was used longest ago.
  const open = new Map<Digest, number>()

  function descriptor(digest: Digest): number {
    let fd = open.get(digest)
    if (fd === undefined) {
      fd = missing(digest, () => openSync(placeIn(folder, hexOf(digest)), 'r'))
      if (open.size >= storeLimits.openBlobs) {
        for (const [oldest, oldFd] of open) {
          open.delete(oldest)
          closeSync(oldFd)
          break
        }
      }
    } else {
      open.delete(digest)
    }
    open.set(digest, fd)
    return fd
  }

  return {
    blob: (digest, size) => ({
      digest,
      size,
      stream: (start = 0, end = size) => streamFile(digest, placeIn(folder, hexOf(digest)), start, end),
      readInto(target, offset) {
        const fd = descriptor(digest)
        let done = 0
        while (done < target.length) {
          const count = readSync(fd, target, done, target.length - done, offset + done)
          if (count === 0) break
          done += count
        }
        return done
      },
    }),
    close() {
      for (const fd of open.values()) closeSync(fd)
      open.clear()
    },
  }
}

/**
 * Streams with a descriptor of its own: one of the shared ones could be closed, and its number used again, while a read waits.
 * The buffer is reused from chunk to chunk.
 */
async function* streamFile(digest: Digest, path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (start >= end) return
  const fd = await new Promise<number>((resolve, reject) => {
    open(path, 'r', (error, value) => (error ? reject(codeOf(error) === 'ENOENT' ? new BlobMissingError(digest) : error) : resolve(value)))
  })
  try {
    const buffer = new Uint8Array(Math.min(storeLimits.readChunk, end - start))
    let at = start
    while (at < end) {
      const count = await new Promise<number>((resolve, reject) => {
        read(fd, buffer, 0, Math.min(buffer.length, end - at), at, (error, value) => (error ? reject(error) : resolve(value)))
      })
      if (count === 0) return
      at += count
      yield buffer.subarray(0, count)
    }
  } finally {
    close(fd, () => {})
  }
}

function missing<T>(digest: Digest, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw codeOf(error) === 'ENOENT' ? new BlobMissingError(digest) : error
  }
}
