import type { Digest } from '@layerwright/digest'
import { type Decompress, decodeIndex, importLayer, LAYER_INDEX_KIND, openLayer, sameIndex } from '@layerwright/layer'
import type { Blob, Store } from '@layerwright/store'
import { CacheEntryRefusedError, CacheLayerError } from '../../errors.js'
import { CACHE_CONCURRENCY } from '../../limits.js'
import { decodeRecord, encodeRecord, RESULT, type StepRecord } from '../records.js'
import { encodeAnswers, recordKinds, type TraceRecord } from '../trace/records.js'
import { isAboutEntry } from './about-entry.js'
import type { Bringing } from './bring.js'
import { Elsewhere, type ElsewhereOptions, type FoundEntry, type FoundTrace } from './elsewhere.js'
import type { CacheFrom } from './types.js'

export interface SharedOptions extends ElsewhereOptions {
  readonly decompress: Decompress
}

/** A store that finds step results elsewhere too. */
export interface SharedStore {
  readonly store: Store & Bringing
  /** Names of the places that step results were found in. */
  readonly foundIn: ReadonlyMap<Digest, string>
  /** How many step results came from elsewhere, and the bytes of the layers that were brought. */
  readonly counts: { readonly hits: number; readonly layers: number; readonly bytes: number }
}

/** A layer that is only known of: where it lies, and what is held back here until it has come. */
interface Known {
  readonly found: FoundEntry
  /** Results that it is the layer of. */
  readonly results: Map<Digest, Uint8Array>
  /** Its index, if that has come by itself; undefined: it has none that can be used. */
  index?: Promise<Uint8Array | undefined>
}

/**
 * A store in front of another: a step result that it lacks is looked for in the given places, in their order, one request each. Nothing but its record is brought. Who wants to know
 * what is in its layer is given the index that travels with it; the layer itself comes when somebody reads it, is verified on the way, and stays in the store behind, with its results.
 */
export function sharedStore(local: Store, froms: readonly CacheFrom[], options: SharedOptions): SharedStore {
  const { decompress, signal } = options
  const places = new Elsewhere(froms, options)
  const known = new Map<Digest, Known>()
  const results = new Map<Digest, FoundEntry>()
  const traces = new Map<Digest, FoundTrace>()
  const fetching = new Map<Digest, Promise<void>>()
  const arrived = new Map<Digest, Blob['readInto']>()
  const foundIn = new Map<Digest, string>()
  const counts = { hits: 0, layers: 0, bytes: 0 }

  async function look(key: Digest): Promise<Uint8Array | undefined> {
    const found = await places.entry(key)
    if (!found) return undefined
    const { record } = found.entry
    const bytes = encodeRecord(record)
    if (results.has(key)) return bytes
    counts.hits++
    foundIn.set(key, found.from.place.name)
    results.set(key, found)
    const layer = known.get(record.diffId) ?? { found, results: new Map<Digest, Uint8Array>() }
    layer.results.set(key, bytes)
    known.set(record.diffId, layer)
    return bytes
  }

  function fetch(diffId: Digest): Promise<void> {
    const running = fetching.get(diffId) ?? bring(diffId)
    fetching.set(diffId, running)
    return running
  }

  async function bring(diffId: Digest): Promise<void> {
    const { found, results: held, index } = known.get(diffId)!
    const { entry, from } = found
    const { key, layer, record } = entry
    const there = await openLayer(local, diffId)
    const refuse = (why: string) => new CacheEntryRefusedError(from.place.name, key, why)
    try {
      const how = { diffId, mediaType: layer.mediaType, decompress, ...(signal ? { signal } : {}) }
      const brought = there ?? (await importLayer(local, from.place.blob(layer), how))
      if (brought.index.size !== record.size || brought.index.entries !== record.entries)
        throw refuse('its record does not describe its layer')
      const travelled = await index
      // What rests on it was worked out with it.
      if (travelled && !sameIndex(decodeIndex(travelled), brought.index)) throw refuse('its index is not that of its layer')
    } catch (error) {
      signal?.throwIfAborted()
      if (!isAboutEntry(error)) places.giveUp(from, error)
      throw new CacheLayerError(from.place.name, key, error)
    }
    if (!there) {
      counts.layers++
      counts.bytes += layer.size
    }
    const blob = await local.blob(diffId)
    arrived.set(diffId, blob?.readInto?.bind(blob))
    known.delete(diffId)
    for (const [name, bytes] of held) await local.putRecord(RESULT, name, bytes)
  }

  /** The index of a layer that is only known of. */
  function indexOf(layer: Known): Promise<Uint8Array | undefined> {
    layer.index ??= places.index(layer.found)
    return layer.index
  }

  async function result(key: Digest): Promise<Uint8Array | undefined> {
    const bytes = await local.record(RESULT, key)
    const record = decodeRecord<StepRecord>(bytes, 1)
    if (record && !record.evicted && (await local.blob(record.diffId))) return bytes
    for (const { results: held } of known.values()) if (held.has(key)) return held.get(key)
    return (await look(key)) ?? bytes
  }

  /** The traces of this machine, then those of others. */
  async function tracesOf(place: Digest): Promise<Uint8Array | undefined> {
    const bytes = await local.record(recordKinds.trace, place)
    const own = decodeRecord<TraceRecord>(bytes, 1)?.traces ?? []
    const ids = new Set(own.map(({ looks }) => looks))
    const more: { looks: Digest; last: Digest }[] = []
    for (const found of await places.traces(place)) {
      const { looks, last } = found.trace
      if (ids.has(looks.digest)) continue
      ids.add(looks.digest)
      traces.set(looks.digest, found)
      more.push({ looks: looks.digest, last })
    }
    return more.length === 0 ? bytes : encodeRecord({ version: 1, traces: [...own, ...more] } satisfies TraceRecord)
  }

  async function looks(id: Digest): Promise<Uint8Array | undefined> {
    const found = traces.get(id)
    return (await local.record(recordKinds.looks, id)) ?? (found && (await places.looks(found)))
  }

  async function answers(key: Digest): Promise<Uint8Array | undefined> {
    const bytes = await local.record(recordKinds.answers, key)
    if (bytes) return bytes
    await look(key)
    const found = results.get(key)
    const given = found && (await places.answers(found))
    return given && encodeAnswers(given)
  }

  async function index(diffId: Digest): Promise<Uint8Array | undefined> {
    const layer = known.get(diffId)
    if (!layer) return local.record(LAYER_INDEX_KIND, diffId)
    const travelled = await indexOf(layer)
    if (travelled) return travelled
    // Whoever wants it is going to look into the layer.
    await fetch(diffId)
    return local.record(LAYER_INDEX_KIND, diffId)
  }

  const store: Store & Bringing = {
    writer: () => local.writer(),
    async putRecord(kind, key, bytes) {
      const record = kind === RESULT ? decodeRecord<StepRecord>(bytes, 1) : undefined
      const layer = record && known.get(record.diffId)
      // Without its layer it would be none.
      if (layer) layer.results.set(key as Digest, bytes)
      else await local.putRecord(kind, key, bytes)
    },
    deleteRecord: (kind, key) => local.deleteRecord(kind, key),
    recordKeys: (kind) => local.recordKeys(kind),
    // What is elsewhere is only known by asking for it.
    hasRecords: async (kind) => kind === RESULT || (await local.hasRecords(kind)),
    async touch(kind, key) {
      if (await local.touch(kind, key)) return true
      return kind === RESULT && (foundIn.has(key as Digest) || [...known.values()].some(({ results: held }) => held.has(key as Digest)))
    },
    async record(kind, key) {
      const name = key as Digest
      if (kind === LAYER_INDEX_KIND) return index(name)
      if (kind === RESULT) return result(name)
      if (kind === recordKinds.trace) return tracesOf(name)
      if (kind === recordKinds.looks) return looks(name)
      if (kind === recordKinds.answers) return answers(name)
      return local.record(kind, key)
    },
    async blob(digest, size) {
      const there = await local.blob(digest, size)
      const layer = there ? undefined : known.get(digest)
      return layer ? promised(digest, layer.found.entry.record.size) : there
    },
    async bring(diffIds) {
      const waiting = [...new Set(diffIds)].filter((diffId) => known.has(diffId))
      const work = async (): Promise<void> => {
        for (let next = waiting.pop(); next; next = waiting.pop()) await fetch(next)
      }
      await Promise.all(Array.from({ length: CACHE_CONCURRENCY }, work))
    },
  }

  /** A blob that is brought when it is read. */
  function promised(digest: Digest, size: number): Blob {
    const blob = {
      digest,
      size,
      get readInto() {
        return arrived.get(digest)
      },
      async *stream(start?: number, end?: number) {
        await fetch(digest)
        const there = await local.blob(digest, size)
        if (there) yield* there.stream(start, end)
      },
    }
    return blob as Blob // type-ok: `readInto` comes with the layer
  }

  // Locks and leases are those of the store behind.
  return { store: Object.assign(Object.create(local) as Store, store), counts, foundIn }
}
