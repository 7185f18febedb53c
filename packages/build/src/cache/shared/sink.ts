import { type Digest, sha256 } from '@layerwright/digest'
import { type Descriptor, MEDIA } from '@layerwright/image'
import { encodeIndex, type Layer, openLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { type Content, memoryContent } from '@layerwright/vfs'
import { CacheEntryRefusedError } from '../../errors.js'
import { CACHE_CONCURRENCY, MAX_CACHE_INDEX_BYTES, MAX_LOOKS_BYTES, MAX_TRACES } from '../../limits.js'
import { findResult, type StepRecord } from '../records.js'
import { storedAnswers, storedLooks } from '../trace/records.js'
import { ANSWERS_TYPE, DEFAULT_PRODUCER, EMPTY, EMPTY_BYTES, encodeEntry, INDEX_TYPE, stepTag } from './format.js'
import { decodeTraces, encodeTraces, looksDescriptor, type SharedTrace, traceOf, traceTag } from './traces.js'
import type { CacheTo } from './types.js'

export interface ExportedCache {
  /** Entries that were put there, and those that were there. */
  readonly put: number
  readonly present: number
}

type To = Pick<CacheTo, 'place' | 'producer' | 'form'>

/**
 * Brings step results to a place: for each that it lacks the layer with its index, then the manifest under the step's own tag. Whoever does the same at the same time puts an entry
 * under the same tag that is as good. The result of a RUN that was traced goes there under what it looked at, too. A key without a result in the store is left out.
 * @throws what the place throws
 */
export async function exportCache(store: Store, keys: Iterable<Digest>, to: To): Promise<ExportedCache> {
  const { place, producer = DEFAULT_PRODUCER, form = async (layer) => layer } = to
  const counts = { put: 0, present: 0 }
  const waiting = [...new Set(keys)].reverse()
  const seen = new Set(waiting)
  const traces = tracesOf(store, place, producer)
  let empty: Promise<void> | undefined

  const putEmpty = (): Promise<void> => {
    empty ??= place.putBlob(EMPTY, memoryContent(EMPTY_BYTES))
    return empty
  }

  async function putEntry(key: Digest, record: StepRecord, layer: Layer): Promise<void> {
    const { diffId } = layer
    const { descriptor, content } = await form({
      diffId,
      descriptor: { mediaType: MEDIA.layer, digest: diffId, size: layer.index.size },
      content: layer.blob,
    })
    const [index, answers] = [indexBlob(layer), await answersBlob(store, key, record)]
    await Promise.all([
      putEmpty(),
      place.putBlob(descriptor, content),
      ...[index, answers].map((blob) => blob && place.putBlob(blob.descriptor, blob.content)),
    ])
    const entry = { record, producer, layer: descriptor, index: index?.descriptor, answers: answers?.descriptor }
    await place.putManifest(stepTag(key), encodeEntry(entry), MEDIA.manifest)
  }

  const one = async (key: Digest): Promise<void> => {
    const record = await findResult(store, key)
    if (await place.manifest(stepTag(key))) counts.present++
    else {
      const layer = record && (await openLayer(store, record.diffId))
      if (!layer) return
      await putEntry(key, record, layer)
      counts.put++
    }
    if (record?.traced && !seen.has(record.traced)) {
      seen.add(record.traced)
      waiting.push(record.traced)
    }
    // Behind the result that it leads to.
    if (record) await traces.put(key, record, putEmpty)
  }
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await one(next)
  }
  const done = await Promise.allSettled(Array.from({ length: CACHE_CONCURRENCY }, work))
  for (const result of done) if (result.status === 'rejected') throw result.reason
  await place.flush?.()
  return counts
}

interface SmallBlob {
  readonly descriptor: Descriptor
  readonly content: Content
}

/** Undefined for what is too large to travel. */
function smallBlob(mediaType: string, bytes: Uint8Array, most: number): SmallBlob | undefined {
  if (bytes.length > most) return undefined
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.length }, content: memoryContent(bytes) }
}

const indexBlob = (layer: Layer): SmallBlob | undefined => smallBlob(INDEX_TYPE, encodeIndex(layer.index), MAX_CACHE_INDEX_BYTES)

/** What the looks of a traced result were answered: with them the next miss is explained elsewhere, too. */
async function answersBlob(store: Store, key: Digest, record: StepRecord): Promise<SmallBlob | undefined> {
  const answers = traceOf(record) && (await storedAnswers(store, key))
  return answers && smallBlob(ANSWERS_TYPE, new TextEncoder().encode(JSON.stringify(answers)), MAX_LOOKS_BYTES)
}

/**
 * Brings traces. Several of one RUN lie under one tag, so what is there is read before it is written; who loses a race against another builder has lost a trace that the next
 * build of it brings again, never a result.
 */
function tracesOf(store: Store, place: To['place'], producer: string) {
  const turns = new Map<Digest, Promise<void>>()

  async function add(under: Digest, looks: Digest, last: Digest, putEmpty: () => Promise<void>): Promise<void> {
    const bytes = await storedLooks(store, looks)
    if (!bytes || bytes.length > MAX_LOOKS_BYTES) return
    const there = await tracesThere(place, under)
    if (there.some((trace) => trace.looks.digest === looks && trace.producer === producer)) return
    const descriptor = looksDescriptor(looks, bytes.length)
    await Promise.all([putEmpty(), place.putBlob(descriptor, memoryContent(bytes))])
    const traces = [{ looks: descriptor, last, producer }, ...there].slice(0, MAX_TRACES)
    await place.putManifest(traceTag(under), encodeTraces(traces), MEDIA.manifest)
  }

  return {
    async put(key: Digest, record: StepRecord, putEmpty: () => Promise<void>): Promise<void> {
      const trace = traceOf(record)
      if (!trace) return
      const turn = (turns.get(trace.place) ?? Promise.resolve()).then(() => add(trace.place, trace.looks, key, putEmpty))
      turns.set(
        trace.place,
        turn.catch(() => undefined),
      )
      await turn
    },
  }
}

/** What can't be read is written anew. */
async function tracesThere(place: To['place'], under: Digest): Promise<SharedTrace[]> {
  const bytes = await place.manifest(traceTag(under))
  if (!bytes) return []
  try {
    return decodeTraces(place.name, under, bytes, undefined)
  } catch (error) {
    if (error instanceof CacheEntryRefusedError) return []
    throw error
  }
}
