import type { Digest } from '@layerwright/digest'
import { canonicalJson, type Descriptor, type ImageLayer, MEDIA } from '@layerwright/image'
import type { Store } from '@layerwright/store'
import { isObject, jsonObject } from './http/body.js'
import type { Content } from './types.js'

/** Turns plain bytes into gzip. `level`: 1 to 9. */
export type Compress = (input: AsyncIterable<Uint8Array>, level: number) => AsyncIterable<Uint8Array>

/** Kind of the store's records that say which blob is the gzip of a layer; the key is diffID and level. */
export const GZIP_KIND = 'layer-gzip'

/**
 * gzip by the platform's `CompressionStream`, which knows no levels and takes 6. `compressGzip` of @layerwright/registry/node does, and is faster.
 */
export async function* portableGzip(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = new CompressionStream('gzip')
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  let failure: { readonly error: unknown } | undefined
  const feeding = (async () => {
    try {
      for await (const chunk of input) {
        await writer.ready
        // a copy, because the stream holds on to the chunk after it has taken it
        await writer.write(new Uint8Array(chunk))
      }
      await writer.close()
    } catch (error) {
      failure ??= { error }
      await writer.abort(error).catch(() => {})
    }
  })()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield value
    }
  } catch (error) {
    throw failure?.error ?? error
  } finally {
    await reader.cancel().catch(() => {})
    await feeding
  }
  if (failure) throw failure.error
}

export interface CompressedLayer {
  readonly descriptor: Descriptor
  readonly content: Content
}

/**
 * The gzip of an uncompressed layer: made once, kept in the store by diffID and level, and never made again while the store has it. That the layer's bytes are those of
 * its diffID is verified while they are read.
 */
export async function gzipLayer(store: Store, layer: ImageLayer, compress: Compress, level: number): Promise<CompressedLayer> {
  const key = `${layer.diffId} ${level}`
  const kept = await keptGzip(store, key)
  if (kept) return kept
  const writer = store.writer()
  try {
    for await (const chunk of compress(layer.content.stream(), level)) writer.write(chunk)
    const blob = await writer.commit()
    await store.putRecord(GZIP_KIND, key, canonicalJson({ digest: blob.digest, size: blob.size }))
    return described(layer.descriptor, blob.digest, blob.size, blob)
  } finally {
    writer.abort()
  }
}

async function keptGzip(store: Store, key: string): Promise<CompressedLayer | undefined> {
  const bytes = await store.record(GZIP_KIND, key)
  const record = bytes && jsonObject(bytes)
  if (!isObject(record) || typeof record.digest !== 'string' || typeof record.size !== 'number') return undefined
  const digest = record.digest as Digest
  const blob = await store.blob(digest, record.size)
  return blob && described(undefined, digest, record.size, blob)
}

const described = (from: Descriptor | undefined, digest: Digest, size: number, content: Content): CompressedLayer => ({
  descriptor: { ...(from?.annotations ? { annotations: from.annotations } : {}), mediaType: MEDIA.layerGzip, digest, size },
  content,
})
