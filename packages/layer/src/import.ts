import type { Digest } from '@layerwright/digest'
import type { Content } from '@layerwright/vfs'
import { ColumnsBuilder } from './columns/builder.js'
import { encodeIndex } from './columns/codec.js'
import { collectMember } from './columns/collect.js'
import { makeIndex } from './columns/index.js'
import { type Decompress, decompress as portable } from './compress/decompress.js'
import { type Compression, compressionOf, detectCompression, MAGIC_BYTES } from './compress/detect.js'
import { DiffIdMismatchError, MediaTypeError } from './errors.js'
import { type LayerLimits, layerLimits } from './limits.js'
import { LAYER_INDEX_KIND, openLayer } from './store.js'
import { StreamScanner } from './tar/stream.js'
import type { Layer, LayerStore } from './types.js'

export interface ImportOptions {
  /** What the image config says that the tar's digest is; verified. A layer that the store has is not read again. */
  readonly diffId?: Digest
  /** Of the descriptor. One that is no layer's is an error; how the bytes are really compressed is read off them, because registries hold mislabelled ones. */
  readonly mediaType?: string
  readonly limits?: Partial<LayerLimits>
  /** Default: the portable decoder. `/node` has a faster one. */
  readonly decompress?: Decompress
  /** Called with the bytes of the tar that are done. */
  readonly onProgress?: (bytes: number) => void
  readonly signal?: AbortSignal
}

/**
 * Takes a layer as it travels into a store: decompresses, verifies the diffID, hashes every file, indexes, all in one pass. Nothing is left when it fails.
 * @throws MediaTypeError, CompressionError, DiffIdMismatchError, TarError, LayerError, LayerLimitError
 */
export async function importLayer(store: LayerStore, content: Content, options: ImportOptions = {}): Promise<Layer> {
  const { diffId, mediaType, signal, onProgress } = options
  if (mediaType !== undefined && compressionOf(mediaType) === undefined) throw new MediaTypeError(mediaType)
  const there = diffId && (await openLayer(store, diffId, options.limits))
  if (there) return there
  const limits = { ...layerLimits, ...options.limits }
  const builder = new ColumnsBuilder()
  const scanner = new StreamScanner(limits, true, (member, digest) => collectMember(builder, member, digest, limits))
  const writer = store.writer()
  let size = 0
  try {
    const { kind, bytes } = await opened(content)
    for await (const chunk of (options.decompress ?? portable)(bytes, kind, limits)) {
      signal?.throwIfAborted()
      scanner.write(chunk)
      writer.write(chunk)
      size += chunk.length
      onProgress?.(size)
    }
    scanner.end()
    const blob = await commit(writer, size, diffId)
    const index = makeIndex(blob.digest, size, builder.finish())
    await store.putRecord(LAYER_INDEX_KIND, blob.digest, encodeIndex(index))
    return { diffId: blob.digest, blob, index }
  } catch (error) {
    writer.abort()
    throw error
  }
}

/** How the content is compressed, by its first bytes, and all of its bytes: it is read once, because each reading may be a request. */
async function opened(content: Content): Promise<{ readonly kind: Compression; readonly bytes: AsyncIterable<Uint8Array> }> {
  const chunks = content.stream()[Symbol.asyncIterator]()
  let first: Uint8Array = new Uint8Array(0)
  for (const wanted = Math.min(MAGIC_BYTES, content.size); first.length < wanted; ) {
    const { done, value } = await chunks.next()
    if (done) break
    if (first.length === 0 && value.length >= wanted) first = value
    else {
      const longer = new Uint8Array(first.length + value.length)
      longer.set(first)
      longer.set(value, first.length)
      first = longer
    }
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      if (first.length > 0) yield first
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
    } finally {
      await chunks.return?.()
    }
  }
  return { kind: detectCompression(first), bytes: all() }
}

async function commit(writer: ReturnType<LayerStore['writer']>, size: number, diffId: Digest | undefined) {
  try {
    return await writer.commit(diffId ? { size, digest: diffId } : { size })
  } catch (error) {
    if (diffId && (error as { code?: unknown }).code === 'DIGEST_MISMATCH') throw new DiffIdMismatchError(diffId, error)
    throw error
  }
}
