import { layerSnapshot, storeLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { upperChanges } from '@layerwright/vfs'
import { ImageError } from '../errors.js'
import { makeImage } from '../make.js'
import type { HistoryEntry, StoredImage } from '../types.js'
import { tellsAll } from './remake.js'

/**
 * The image with its layers above the first `keep` (default 0: all of them) as one. The files are the same; what later layers removed is no longer in it, and nothing tells
 * any more which instruction made what.
 * @throws ImageError LAYER_COUNT for more layers to keep than there are
 */
export async function flattenImage(image: StoredImage, store: Store, { keep = 0 }: { readonly keep?: number } = {}): Promise<StoredImage> {
  const { unpacked, config, manifest } = image
  if (!Number.isInteger(keep) || keep < 0 || keep > unpacked.length)
    throw new ImageError('LAYER_COUNT', image.digest, `The image has ${unpacked.length} layers: ${keep} of them can't be kept`)
  const kept = unpacked.slice(0, keep)
  const changes = upperChanges(layerSnapshot(kept), layerSnapshot(unpacked))
  const flat = await storeLayer(store, changes)
  const created = config.history?.at(-1)?.created ?? config.created
  const entry: HistoryEntry = { ...(created === undefined ? {} : { created }), created_by: `flatten ${image.digest}` }
  const { rootfs: _, history, ...rest } = config
  const before = tellsAll(history, unpacked.length) ? firstEntries(history ?? [], keep) : undefined
  return makeImage({
    config: { ...rest, ...(before ? { history: [...before, entry] } : {}) },
    layers: [...kept, flat],
    ...(manifest.annotations ? { annotations: manifest.annotations } : {}),
  })
}

/** The entries up to the one that made the last of so many layers. */
function firstEntries(history: readonly HistoryEntry[], layers: number): readonly HistoryEntry[] {
  let left = layers
  const end = history.findIndex(({ empty_layer }) => {
    if (!empty_layer) left--
    return left < 0
  })
  return end < 0 ? history : history.slice(0, end)
}
