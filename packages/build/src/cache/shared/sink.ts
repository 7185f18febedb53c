import type { Digest } from '@layerwright/digest'
import { MEDIA } from '@layerwright/image'
import { openLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { CACHE_CONCURRENCY } from '../../limits.js'
import { findResult } from '../records.js'
import { DEFAULT_PRODUCER, EMPTY, EMPTY_BYTES, encodeEntry, stepTag } from './format.js'
import type { CacheTo } from './types.js'

export interface ExportedCache {
  /** Entries that were put there, and those that were there. */
  readonly put: number
  readonly present: number
}

/**
 * Brings step results to a place: for each that it lacks the layer, then the manifest under the step's own tag. Whoever does the same at the same time puts an entry under the
 * same tag that is as good. A key without a result in the store is left out.
 * @throws what the place throws
 */
export async function exportCache(
  store: Store,
  keys: Iterable<Digest>,
  to: Pick<CacheTo, 'place' | 'producer' | 'form'>,
): Promise<ExportedCache> {
  const { place, producer = DEFAULT_PRODUCER, form = async (layer) => layer } = to
  const counts = { put: 0, present: 0 }
  const waiting = [...new Set(keys)].reverse()
  let empty: Promise<void> | undefined

  const one = async (key: Digest): Promise<void> => {
    if (await place.manifest(stepTag(key))) {
      counts.present++
      return
    }
    const record = await findResult(store, key)
    const layer = record && (await openLayer(store, record.diffId))
    if (!layer) return
    const { diffId } = layer
    const { descriptor, content } = await form({
      diffId,
      descriptor: { mediaType: MEDIA.layer, digest: diffId, size: layer.index.size },
      content: layer.blob,
    })
    empty ??= place.putBlob(EMPTY, {
      size: EMPTY.size,
      stream: async function* (start, end) {
        yield EMPTY_BYTES.slice(start, end)
      },
    })
    await Promise.all([empty, place.putBlob(descriptor, content)])
    await place.putManifest(stepTag(key), encodeEntry({ record, producer, layer: descriptor }), MEDIA.manifest)
    counts.put++
  }
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await one(next)
  }
  const done = await Promise.allSettled(Array.from({ length: CACHE_CONCURRENCY }, work))
  for (const result of done) if (result.status === 'rejected') throw result.reason
  await place.flush?.()
  return counts
}
