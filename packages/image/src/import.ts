import type { Digest } from '@layerwright/digest'
import {
  CompressionError,
  compressionOf,
  DiffIdMismatchError,
  type ImportOptions,
  importLayer,
  type Layer,
  LayerError,
  TarError,
} from '@layerwright/layer'
import { DigestMismatchError, type Store } from '@layerwright/store'
import { putOriginal } from './forms.js'
import { assemble, storedImage } from './make.js'
import type { Image, ImageLayer, StoredImage } from './types.js'
import { checkDigest, withoutDigest } from './verify.js'

export interface ImportImageOptions extends Pick<ImportOptions, 'limits' | 'decompress' | 'signal'> {
  /** Called while layers are unpacked: which (from 0), and the bytes of its tar that are done. */
  readonly onProgress?: (layer: number, bytes: number) => void
  /** Whether compressed layers are kept also as they came, so that nobody who passes them on compresses them again; default true. */
  readonly keepCompressed?: boolean
  /** Layers that are read at the same time; default 1. More help where they come over a network. */
  readonly concurrency?: number
}

/**
 * Takes an image's layers into a store, uncompressed and indexed; layers that are there are not read. The result's manifest is the given one where that
 * is over uncompressed layers already, else one is made: an image in the store is named by its manifest over uncompressed layers.
 * The image has no name and no record yet: `putImage` or `tagImage` makes it stay.
 * @throws what the image's contents and `importLayer` throw; nothing half is left
 */
export async function importImage(store: Store, image: Image, options: ImportImageOptions = {}): Promise<StoredImage> {
  const { onProgress, concurrency = 1, keepCompressed = true, ...rest } = options
  const done = new Map<Digest, Layer>()
  const waiting = [...new Map(image.layers.map((layer, i) => [layer.diffId, { layer, i }])).values()].reverse()
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { layer, i } = next
      const progress = onProgress ? { onProgress: (bytes: number) => onProgress(i, bytes) } : {}
      try {
        done.set(layer.diffId, await importOne(store, layer, { ...rest, ...progress }, keepCompressed))
      } catch (error) {
        waiting.length = 0
        throw error
      }
    }
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.max(1, concurrency) }, work))
  for (const one of settled) if (one.status === 'rejected') throw one.reason
  const layers = image.layers.map(({ diffId }) => done.get(diffId)!)
  const plain = image.manifest.layers.every((descriptor, i) => descriptor.digest === layers[i]!.diffId)
  return plain ? storedImage(image, layers) : assemble(image.config, image.configBytes, layers, image.manifest.annotations)
}

async function importOne(store: Store, layer: ImageLayer, options: Partial<ImportOptions>, keepCompressed: boolean): Promise<Layer> {
  const { descriptor, diffId } = layer
  const kind = compressionOf(descriptor.mediaType)
  const kept = keepCompressed && (kind === 'gzip' || kind === 'zstd') ? keeper(store, layer, kind) : undefined
  // an uncompressed layer is its tar: the diffID says all, and one look at the bytes is enough
  const content = kept?.content ?? (descriptor.digest === diffId ? withoutDigest(layer.content) : layer.content)
  try {
    const imported = await importLayer(store, content, { ...options, diffId, mediaType: descriptor.mediaType })
    await kept?.commit()
    return imported
  } catch (error) {
    // Damaged bytes mostly stop making sense before their end: that they are damaged is the better thing to say. Reading on tells.
    if (!options.signal?.aborted && isAboutBytes(error)) for await (const _ of layer.content.stream());
    throw error
  } finally {
    kept?.drop()
  }
}

/** Writes a layer's bytes into the store while they are read, and so hashes them once. `commit` checks them against the descriptor. */
function keeper(store: Store, { descriptor, diffId, content }: ImageLayer, kind: 'gzip' | 'zstd') {
  const { digest, size } = descriptor
  let writer: ReturnType<Store['writer']> | undefined
  let read = 0
  const source = withoutDigest(content)
  return {
    content: {
      size: content.size,
      async *stream() {
        writer?.abort()
        const target = store.writer()
        writer = target
        read = 0
        for await (const chunk of source.stream()) {
          target.write(chunk)
          read += chunk.length
          yield chunk
        }
      },
    },
    /** Nothing was read where the layer is there already. */
    async commit() {
      if (!writer) return
      // a decoder may stop in front of what it does not need: then nothing is kept, but all of it is looked at
      if (read < size) {
        for await (const _ of content.stream());
        return
      }
      try {
        await writer.commit({ digest, size })
      } catch (error) {
        if (error instanceof DigestMismatchError) checkDigest(digest, error.actual)
        throw error
      }
      await putOriginal(store, diffId, kind, { digest, size })
    },
    drop: () => writer?.abort(),
  }
}

const isAboutBytes = (error: unknown): boolean =>
  error instanceof TarError || error instanceof LayerError || error instanceof CompressionError || error instanceof DiffIdMismatchError
