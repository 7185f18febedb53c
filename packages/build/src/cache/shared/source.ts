import type { Digest } from '@layerwright/digest'
import {
  CompressionError,
  type Decompress,
  DiffIdMismatchError,
  importLayer,
  LAYER_INDEX_KIND,
  LayerError,
  LayerLimitError,
  MediaTypeError,
  TarError,
} from '@layerwright/layer'
import type { Blob, Store } from '@layerwright/store'
import { CacheEntryRefusedError, CacheLayerError } from '../../errors.js'
import { CACHE_CONCURRENCY } from '../../limits.js'
import { decodeRecord, encodeRecord, RESULT, type StepRecord } from '../records.js'
import { type CacheEntry, decodeEntry, stepTag } from './format.js'
import { inlineEntries } from './inline.js'
import type { CacheFrom } from './types.js'

/** A notice for who watches the build. */
export type Tell = (code: 'CACHE_UNREACHABLE' | 'CACHE_REFUSED', message: string) => void

export interface SharedOptions {
  readonly decompress: Decompress
  readonly tell: Tell
  readonly signal: AbortSignal | undefined
  /** Keys whose entries turned out to be unusable, and places that can't be reached: they are not asked for again. */
  readonly distrusted: Set<Digest>
  readonly unreachable: Set<CacheFrom>
}

/** A store that finds step results elsewhere too. */
export interface SharedStore {
  readonly store: Store
  /** Brings the layers among these that are only known of yet, several at once. */
  fetchAll(diffIds: Iterable<Digest>): Promise<void>
  /** Names of the places that step results were found in. */
  readonly foundIn: ReadonlyMap<Digest, string>
  /** How many step results came from elsewhere, and the bytes of the layers that were brought. */
  readonly counts: { readonly hits: number; readonly layers: number; readonly bytes: number }
}

/**
 * A store in front of another: a step result that it lacks is looked for in the given places, in their order, one request each. Nothing but its record is brought: its layer
 * comes when somebody opens it, is verified on the way, and stays in the store behind. A place that can't be reached is said once, and not asked again.
 */
export function sharedStore(local: Store, froms: readonly CacheFrom[], options: SharedOptions): SharedStore {
  const { decompress, tell, signal, distrusted, unreachable } = options
  const known = new Map<Digest, { readonly entry: CacheEntry; readonly from: CacheFrom }>()
  const fetching = new Map<Digest, Promise<void>>()
  const inline = new Map<CacheFrom, Promise<ReadonlyMap<Digest, CacheEntry>>>()
  const asked = new Map<Digest, Promise<StepRecord | undefined>>()
  const foundIn = new Map<Digest, string>()
  const counts = { hits: 0, layers: 0, bytes: 0 }

  async function ask(from: CacheFrom, key: Digest): Promise<CacheEntry | undefined> {
    if (unreachable.has(from)) return undefined
    try {
      const ofImage = inline.get(from) ?? inlineEntries(from).catch(refused<ReadonlyMap<Digest, CacheEntry>>(new Map()))
      inline.set(from, ofImage)
      const found = (await ofImage).get(key)
      if (found) return found
      const bytes = await from.place.manifest(stepTag(key))
      return bytes && decodeEntry(from.place.name, key, bytes, from.producers)
    } catch (error) {
      signal?.throwIfAborted()
      if (isAboutEntry(error)) return refused(undefined)(error)
      giveUp(from, error)
      return undefined
    }
  }

  /** Says that something is refused, and goes on without it. */
  const refused =
    <T>(instead: T) =>
    (error: unknown): T => {
      if (!isAboutEntry(error)) throw error
      tell('CACHE_REFUSED', error instanceof Error ? error.message : String(error))
      return instead
    }

  function giveUp(from: CacheFrom, error: unknown): void {
    if (unreachable.has(from)) return
    unreachable.add(from)
    tell('CACHE_UNREACHABLE', `the cache ${from.place.name} is not used: ${error instanceof Error ? error.message : String(error)}`)
  }

  /** Each key is asked for once: a build looks at a record more than once. */
  function lookElsewhere(key: Digest): Promise<StepRecord | undefined> {
    const found = asked.get(key) ?? askAll(key)
    asked.set(key, found)
    return found
  }

  async function askAll(key: Digest): Promise<StepRecord | undefined> {
    if (distrusted.has(key)) return undefined
    for (const from of froms) {
      const entry = await ask(from, key)
      if (!entry) continue
      counts.hits++
      foundIn.set(key, from.place.name)
      known.set(entry.record.diffId, { entry, from })
      return entry.record
    }
    return undefined
  }

  function fetch(diffId: Digest): Promise<void> {
    const running = fetching.get(diffId) ?? bring(diffId)
    fetching.set(diffId, running)
    return running
  }

  async function bring(diffId: Digest): Promise<void> {
    const { entry, from } = known.get(diffId)!
    const { key, layer, record } = entry
    try {
      const { index } = await importLayer(local, from.place.blob(layer), {
        diffId,
        mediaType: layer.mediaType,
        decompress,
        ...(signal ? { signal } : {}),
      })
      if (index.size !== record.size || index.entries !== record.entries)
        throw new CacheEntryRefusedError(from.place.name, key, 'its record does not describe its layer')
    } catch (error) {
      signal?.throwIfAborted()
      if (!isAboutEntry(error)) giveUp(from, error)
      throw new CacheLayerError(from.place.name, key, error)
    }
    counts.layers++
    counts.bytes += layer.size
    await local.putRecord(RESULT, key, encodeRecord(record))
    known.delete(diffId)
  }

  const isThere = async (record: StepRecord | undefined): Promise<boolean> =>
    record !== undefined && !record.evicted && (await local.blob(record.diffId)) !== undefined

  const store: Store = {
    writer: () => local.writer(),
    putRecord: (kind, key, bytes) => local.putRecord(kind, key, bytes),
    deleteRecord: (kind, key) => local.deleteRecord(kind, key),
    recordKeys: (kind) => local.recordKeys(kind),
    // What is elsewhere is only known by asking for it.
    hasRecords: async (kind) => kind === RESULT || (await local.hasRecords(kind)),
    touch: async (kind, key) => (await local.touch(kind, key)) || (kind === RESULT && foundIn.has(key as Digest)),
    async record(kind, key) {
      // Whoever wants a layer's index is going to look into the layer.
      if (kind === LAYER_INDEX_KIND && known.has(key as Digest)) await fetch(key as Digest)
      const bytes = await local.record(kind, key)
      if (kind !== RESULT || (await isThere(decodeRecord<StepRecord>(bytes, 1)))) return bytes
      const found = await lookElsewhere(key as Digest)
      return found ? encodeRecord(found) : bytes
    },
    async blob(digest, size) {
      const there = await local.blob(digest, size)
      const elsewhere = there ? undefined : known.get(digest)
      return elsewhere ? promised(digest, elsewhere.entry.record.size, fetch, local) : there
    },
  }
  // Locks and leases are those of the store behind.
  return {
    store: Object.assign(Object.create(local) as Store, store),
    counts,
    foundIn,
    async fetchAll(diffIds) {
      const waiting = [...new Set(diffIds)].filter((diffId) => known.has(diffId))
      const work = async (): Promise<void> => {
        for (let next = waiting.pop(); next; next = waiting.pop()) await fetch(next)
      }
      await Promise.all(Array.from({ length: CACHE_CONCURRENCY }, work))
    },
  }
}

/** Codes of errors that say something of one layer, and nothing of the place: that others there are as good as before. */
const ABOUT_ENTRY: ReadonlySet<unknown> = new Set(['NOT_FOUND', 'DIGEST_MISMATCH', 'SIZE_MISMATCH', 'BLOB_MISSING', 'FILE_MISSING'])

const isAboutEntry = (error: unknown): boolean =>
  error instanceof CacheEntryRefusedError ||
  error instanceof CompressionError ||
  error instanceof DiffIdMismatchError ||
  error instanceof LayerError ||
  error instanceof LayerLimitError ||
  error instanceof MediaTypeError ||
  error instanceof TarError ||
  ABOUT_ENTRY.has((error as { code?: unknown } | null)?.code)

/** A blob that is brought when it is read. */
const promised = (digest: Digest, size: number, fetch: (digest: Digest) => Promise<void>, local: Store): Blob => ({
  digest,
  size,
  async *stream(start, end) {
    await fetch(digest)
    const blob = await local.blob(digest, size)
    if (blob) yield* blob.stream(start, end)
  },
})
