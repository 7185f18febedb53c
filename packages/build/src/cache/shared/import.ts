import type { Digest } from '@layerwright/digest'
import { type Decompress, importLayer, decompress as portable } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { CacheEntryRefusedError, CacheLayerError } from '../../errors.js'
import { MAX_LOOKS_BYTES } from '../../limits.js'
import { findResult, putResult } from '../records.js'
import { keepTrace, putAnswers } from '../trace/records.js'
import { readSmall } from './documents.js'
import { checkAnswers, decodeEntry, stepOfTag, stepTag } from './format.js'
import { decodeTraces, placeOfTag, readLooks, traceOf, traceTag } from './traces.js'
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
  /** Entries and traces that were not taken, each with the reason. */
  readonly refused: readonly (CacheEntryRefusedError | CacheLayerError)[]
}

/**
 * Takes all step results of a place into a store, layers included, and then the traces that lead to them. An entry whose inputs do not give its key, whose layer is not the one that
 * its record names, or whose producer is not wanted is refused, and so is a trace of another result than it says; the others are taken.
 * @throws what the place throws when it can't be read at all
 */
export async function importCache(store: Store, place: ReadablePlace, options: ImportCacheOptions = {}): Promise<ImportedCache> {
  const { producers, decompress = portable, signal } = options
  const refused: (CacheEntryRefusedError | CacheLayerError)[] = []
  const traces: Digest[] = []
  let [imported, present] = [0, 0]
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    signal?.throwIfAborted()
    try {
      await work()
    } catch (error) {
      if (!(error instanceof CacheEntryRefusedError || error instanceof CacheLayerError)) throw error
      refused.push(error)
    }
  }
  for await (const tag of place.tags()) {
    const trace = placeOfTag(tag)
    if (trace) traces.push(trace)
    const key = stepOfTag(tag)
    if (!key) continue
    if (await findResult(store, key)) present++
    else
      await attempt(async () => {
        if (await importEntry(store, place, key, { ...options, producers, decompress })) imported++
      })
  }
  // The results that they lead to are here by now, or were refused.
  for (const of of traces) await attempt(() => importTraces(store, place, of, producers))
  return { imported, present, refused }
}

/** Takes the traces of one RUN; they have to lead to results of that RUN that are here. */
async function importTraces(store: Store, place: ReadablePlace, of: Digest, producers: readonly string[] | undefined): Promise<void> {
  const bytes = await place.manifest(traceTag(of))
  if (!bytes) return
  for (const { looks, last } of decodeTraces(place.name, of, bytes, producers).reverse()) {
    const record = await findResult(store, last)
    const trace = record && traceOf(record)
    if (trace?.place !== of || trace.looks !== looks.digest)
      throw new CacheEntryRefusedError(place.name, of, 'it has a trace that leads to no result of its RUN')
    await keepTrace(store, of, await readLooks(place, of, looks), last)
  }
}

async function importEntry(
  store: Store,
  place: ReadablePlace,
  key: Digest,
  { producers, decompress, signal }: { producers: readonly string[] | undefined; decompress: Decompress; signal?: AbortSignal },
): Promise<boolean> {
  const bytes = await place.manifest(stepTag(key))
  if (!bytes) return false
  const { layer, record, answers } = decodeEntry(place.name, key, bytes, producers)
  const refuse = (why: string) => new CacheEntryRefusedError(place.name, key, why)
  const answered = answers && checkAnswers(await readSmall(answers, place.blob(answers), MAX_LOOKS_BYTES, refuse), record, refuse)
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
  if (answered) await putAnswers(store, key, answered)
  await putResult(store, key, record)
  return true
}
