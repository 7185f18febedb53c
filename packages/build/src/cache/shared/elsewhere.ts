/** The places that a build looks into: each is asked once for each thing, what it says is checked, and one that fails is said once and not asked again. */
import type { Digest } from '@layerwright/digest'
import { readForeignIndex } from '@layerwright/layer'
import { CacheEntryRefusedError } from '../../errors.js'
import { MAX_CACHE_INDEX_BYTES, MAX_LOOKS_BYTES } from '../../limits.js'
import { isAboutEntry } from './about-entry.js'
import { readSmall } from './documents.js'
import { type CacheEntry, checkAnswers, decodeEntry, stepTag } from './format.js'
import { inlineEntries } from './inline.js'
import { decodeTraces, readLooks, type SharedTrace, traceTag } from './traces.js'
import type { CacheFrom } from './types.js'

/** A notice for who watches the build. */
export type Tell = (code: 'CACHE_UNREACHABLE' | 'CACHE_REFUSED', message: string) => void

export interface ElsewhereOptions {
  readonly tell: Tell
  readonly signal: AbortSignal | undefined
  /** Keys whose entries turned out to be unusable, and places that can't be reached: they are not asked for again. */
  readonly distrusted: Set<Digest>
  readonly unreachable: Set<CacheFrom>
}

export interface FoundEntry {
  readonly entry: CacheEntry
  readonly from: CacheFrom
}

export interface FoundTrace {
  readonly trace: SharedTrace
  /** Key of the RUN that it is of. */
  readonly of: Digest
  readonly from: CacheFrom
}

export class Elsewhere {
  readonly #froms: readonly CacheFrom[]
  readonly #options: ElsewhereOptions
  readonly #inline = new Map<CacheFrom, Promise<ReadonlyMap<Digest, CacheEntry>>>()
  readonly #entries = new Map<Digest, Promise<FoundEntry | undefined>>()
  readonly #traces = new Map<Digest, Promise<readonly FoundTrace[]>>()

  constructor(froms: readonly CacheFrom[], options: ElsewhereOptions) {
    this.#froms = froms
    this.#options = options
  }

  /** The result of a step, of the first place that has one. */
  entry(key: Digest): Promise<FoundEntry | undefined> {
    return once(this.#entries, key, async () => {
      if (this.#options.distrusted.has(key)) return undefined
      for (const from of this.#froms) {
        const entry = await this.#attempt(from, undefined, () => this.#entryOf(from, key))
        if (entry) return { entry, from }
      }
      return undefined
    })
  }

  async #entryOf(from: CacheFrom, key: Digest): Promise<CacheEntry | undefined> {
    const inline = once(this.#inline, from, () => this.#attempt(from, new Map(), () => inlineEntries(from)))
    const found = (await inline).get(key)
    if (found) return found
    const bytes = await from.place.manifest(stepTag(key))
    return bytes && decodeEntry(from.place.name, key, bytes, from.producers)
  }

  /** What runs of a RUN looked at, by all places. */
  traces(of: Digest): Promise<readonly FoundTrace[]> {
    return once(this.#traces, of, async () => {
      const found: FoundTrace[] = []
      for (const from of this.#froms) {
        const traces = await this.#attempt(from, [], async () => {
          const bytes = await from.place.manifest(traceTag(of))
          return bytes ? decodeTraces(from.place.name, of, bytes, from.producers) : []
        })
        for (const trace of traces) found.push({ trace, of, from })
      }
      return found
    })
  }

  /** The looks of a trace, as their record. */
  looks({ trace, of, from }: FoundTrace): Promise<Uint8Array | undefined> {
    return this.#attempt(from, undefined, () => readLooks(from.place, of, trace.looks))
  }

  /** The answers of a traced result. */
  answers({ entry, from }: FoundEntry): Promise<readonly string[] | undefined> {
    const { key, record, answers } = entry
    if (!answers) return Promise.resolve(undefined)
    const refuse = (why: string) => new CacheEntryRefusedError(from.place.name, key, why)
    return this.#attempt(from, undefined, async () =>
      checkAnswers(await readSmall(answers, from.place.blob(answers), MAX_LOOKS_BYTES, refuse), record, refuse),
    )
  }

  /** The sidecar index of a result's layer, as far as it can be checked without the layer. */
  index({ entry, from }: FoundEntry): Promise<Uint8Array | undefined> {
    const { key, record, index } = entry
    if (!index) return Promise.resolve(undefined)
    const refuse = (why: string) => new CacheEntryRefusedError(from.place.name, key, why)
    return this.#attempt(from, undefined, async () => {
      const bytes = await readSmall(index, from.place.blob(index), MAX_CACHE_INDEX_BYTES, refuse)
      const { size, entries } = readForeignIndex(bytes, record.diffId)
      if (size !== record.size || entries !== record.entries) throw refuse('its record does not describe its index')
      return bytes
    })
  }

  /** A place that can't be reached is not asked again. */
  giveUp(from: CacheFrom, error: unknown): void {
    const { unreachable, tell } = this.#options
    if (unreachable.has(from)) return
    unreachable.add(from)
    tell('CACHE_UNREACHABLE', `the cache ${from.place.name} is not used: ${wordsOf(error)}`)
  }

  async #attempt<T>(from: CacheFrom, instead: T, work: () => Promise<T>): Promise<T> {
    const { unreachable, signal, tell } = this.#options
    if (unreachable.has(from)) return instead
    try {
      return await work()
    } catch (error) {
      signal?.throwIfAborted()
      if (isAboutEntry(error)) tell('CACHE_REFUSED', wordsOf(error))
      else this.giveUp(from, error)
      return instead
    }
  }
}

function once<K, T>(made: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = made.get(key) ?? make()
  made.set(key, known)
  return known
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
