import type { Digest } from '@layerwright/digest'
import { type Decompress, importLayer, decompress as portable } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { CacheEntryRefusedError, CacheLayerError } from '../../errors.js'
import { findResult, putResult } from '../records.js'
import { decodeEntry, stepOfTag, stepTag } from './format.js'
import type { CachePlace } from './types.js'

type ReadablePlace = Pick<CachePlace, 'name' | 'manifest' | 'blob' | 'tags'>

export interface ImportCacheOptions {
  /** Whose entries are taken; everybody's when absent. */
  readonly producers?: readonly string[]
  readonly decompress?: Decompress
  readonly signal?: AbortSignal
}

export interface ImportedCache {
  readonly imported: number
  /** Entries that the store had. */
  readonly present: number
  /** Entries that were not taken, each with the reason. */
  readonly refused: readonly (CacheEntryRefusedError | CacheLayerError)[]
}

/**
 * Takes all step results of a place into a store, layers included. An entry whose inputs do not give its key, whose layer is not the one that its record names, or
 * whose producer is not wanted is refused, and the others are taken.
 * @throws what the place throws when it can't be read at all
 */
export async function importCache(store: Store, place: ReadablePlace, options: ImportCacheOptions = {}): Promise<ImportedCache> {
  const { producers, decompress = portable, signal } = options
  const refused: (CacheEntryRefusedError | CacheLayerError)[] = []
  let [imported, present] = [0, 0]
  for await (const tag of place.tags()) {
    signal?.throwIfAborted()
    const key = stepOfTag(tag)
    if (!key) continue
    if (await findResult(store, key)) {
      present++
      continue
    }
    try {
      if (await importEntry(store, place, key, { ...options, producers, decompress })) imported++
    } catch (error) {
      if (!(error instanceof CacheEntryRefusedError || error instanceof CacheLayerError)) throw error
      refused.push(error)
    }
  }
  return { imported, present, refused }
}

async function importEntry(
  store: Store,
  place: ReadablePlace,
  key: Digest,
  { producers, decompress, signal }: { producers: readonly string[] | undefined; decompress: Decompress; signal?: AbortSignal },
): Promise<boolean> {
  const bytes = await place.manifest(stepTag(key))
  if (!bytes) return false
  const { layer, record } = decodeEntry(place.name, key, bytes, producers)
  try {
    await importLayer(store, place.blob(layer), {
      diffId: record.diffId,
      mediaType: layer.mediaType,
      decompress,
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw new CacheLayerError(place.name, key, error)
  }
  await putResult(store, key, record)
  return true
}
