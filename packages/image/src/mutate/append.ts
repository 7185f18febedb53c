import type { Layer } from '@layerwright/layer'
import { MEDIA } from '../media-types.js'
import type { HistoryEntry, Image, ImageLayer } from '../types.js'
import { remade, tellsAll } from './remake.js'

/** A layer of a store as an image has it: uncompressed. */
export const imageLayer = ({ diffId, blob }: Layer): ImageLayer => ({
  descriptor: { mediaType: MEDIA.layer, digest: diffId, size: blob.size },
  diffId,
  content: blob,
})

/**
 * The image with more layers on top. `history`: one entry for each of them; by default one that says so. A history that does not speak of all layers stays as it is.
 */
export function appendLayers(image: Image, layers: readonly (ImageLayer | Layer)[], history?: readonly HistoryEntry[]): Image {
  const added = layers.map((layer) => ('blob' in layer ? imageLayer(layer) : layer))
  const entries = history ?? added.map(() => ({ created_by: 'append' }))
  const before = image.config.history
  return remade(image, {
    layers: [...image.layers, ...added],
    ...(tellsAll(before, image.layers.length) ? { config: { ...image.config, history: [...(before ?? []), ...entries] } } : {}),
  })
}
