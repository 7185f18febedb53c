import type { Digest } from '@layerwright/digest'
import { CompressionError, type ImportOptions, importLayer, type Layer, LayerError, TarError } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { assemble, storedImage } from './make.js'
import type { Image, ImageLayer, StoredImage } from './types.js'

export interface ImportImageOptions extends Pick<ImportOptions, 'limits' | 'decompress' | 'signal'> {
  /** Called while layers are unpacked: which (from 0), and the bytes of its tar that are done. */
  readonly onProgress?: (layer: number, bytes: number) => void
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
  const { onProgress, concurrency = 1, ...rest } = options
  const done = new Map<Digest, Layer>()
  const waiting = [...new Map(image.layers.map((layer, i) => [layer.diffId, { layer, i }])).values()].reverse()
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { layer, i } = next
      const progress = onProgress ? { onProgress: (bytes: number) => onProgress(i, bytes) } : {}
      try {
        done.set(layer.diffId, await importOne(store, layer, { ...rest, ...progress }))
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

async function importOne(store: Store, layer: ImageLayer, options: Partial<ImportOptions>): Promise<Layer> {
  try {
    return await importLayer(store, layer.content, { ...options, diffId: layer.diffId, mediaType: layer.descriptor.mediaType })
  } catch (error) {
    // Damaged bytes mostly stop making sense before their end: that they are damaged is the better thing to say. Reading on tells.
    if (!options.signal?.aborted && isAboutBytes(error)) for await (const _ of layer.content.stream());
    throw error
  }
}

const isAboutBytes = (error: unknown): boolean =>
  error instanceof TarError || error instanceof LayerError || error instanceof CompressionError
