import type { Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { inflateCaps } from '../compress/caps.js'
import { asCompressionError } from '../compress/decompress.js'
import { type Decompress, type LayerLimits, layerLimits, decompress as portable } from '../index.js'

const CHUNK = 256 * 1024

/**
 * gzip, of any number of members, by node:zlib; zstd in JavaScript.
 *
 * Not by the zstd decoder of Node 22 and 24, though it is three times as fast: it stops behind the first frame without an error, and zstd:chunked layers and
 * what `pzstd` writes have many frames. Half a layer that looks whole is worse than a slow one.
 * @throws CompressionError, LayerLimitError
 */
export const decompress: Decompress = (input, kind, limits = {}) => {
  const all: LayerLimits = { ...layerLimits, ...limits }
  return kind === 'gzip' ? inflate(input, kind, createGunzip({ chunkSize: CHUNK }), all) : portable(input, kind, limits)
}

async function* inflate(
  input: AsyncIterable<Uint8Array>,
  kind: string,
  stream: Transform,
  limits: LayerLimits,
): AsyncGenerator<Uint8Array> {
  const caps = inflateCaps(limits)
  void feed(input, stream, caps.input)
  try {
    for await (const chunk of stream) {
      caps.output(chunk)
      yield chunk
    }
  } catch (error) {
    throw asCompressionError(kind, error)
  } finally {
    stream.destroy()
  }
}

/** Hands over one chunk at a time: zlib works on the caller's memory, which the source may reuse for the next one. */
async function feed(input: AsyncIterable<Uint8Array>, stream: Transform, count: (chunk: Uint8Array) => void): Promise<void> {
  try {
    for await (const chunk of input) {
      if (stream.destroyed) return
      count(chunk)
      await new Promise<void>((resolve) => {
        // A stream that is destroyed meanwhile never calls back.
        stream.once('close', resolve)
        stream.write(chunk, () => {
          stream.off('close', resolve)
          resolve()
        })
      })
    }
    stream.end()
  } catch (error) {
    stream.destroy(error instanceof Error ? error : undefined)
  }
}
