/**
 * What the cache keeps in a store. The layout is a format (docs/cache.md): collections, bundles and other versions read it. Every record is one JSON
 * object with a `version`; a reader takes a record of another version, or one that it cannot read, for none.
 */
import type { Digest } from '@layerwright/digest'
import type { WrittenWords } from '@layerwright/dockerfile'
import type { Blob, Store } from '@layerwright/store'
import type { PlannedStep } from '../graph/plan.js'
import { TRAIL_LENGTH } from '../limits.js'
import { stepKey } from './key.js'
import type { CacheStrength } from './options.js'

/** Kind `step`, by `stepKey` of its inputs: the result of a step. A delta, never a merged tree. */
export interface StepRecord {
  readonly version: 1
  /** They give the key that the record lies under, or somebody changed it. */
  readonly inputs: readonly (readonly [name: string, value: string])[]
  readonly diffId: Digest
  /** Bytes and entries of the layer. */
  readonly size: number
  readonly entries: number
  /** Merkle digest of the tree behind the step. */
  readonly root: Digest
  readonly simulated: boolean
  /** Of a RUN that was traced: the key of the same result under what it looked at. */
  readonly traced?: Digest
  /** When it ran, in milliseconds since 1970. */
  readonly madeAt: number
  /** For people and policies: `[stage]` and the instruction. Not part of the key. */
  readonly stage: string
  readonly instruction: string
  /** Why it ran then. */
  readonly reason?: string
  /** What was written, and the variables that it names; a secret's value, by its name, as a digest. For explanations. */
  readonly written?: WrittenWords
  /** What it was laid on: the key of the step below, or the base image (name and digest), folder, or `scratch`. For explanations. */
  readonly below?: { readonly key: Digest } | { readonly base: string; readonly digest?: Digest }
  /** Its layer was given up on purpose: no result any more, only the memory of one. */
  readonly evicted?: Eviction
}

export interface Eviction {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Completes "evicted on DATE: …". */
  readonly reason: string
}

/** Kind `step-trail`, by the place of a step in its project: the keys it had there, the latest first. What a miss is compared with. */
interface Trail {
  readonly version: 1
  readonly keys: readonly { readonly key: Digest; readonly strength: CacheStrength; readonly at: number }[]
}

export const RESULT = 'step'
export const TRAIL = 'step-trail'
/** What traces are kept under: see `trace/records.ts`. */
export const TRACE_KINDS = ['step-trace', 'step-looks', 'step-answers'] as const
/** A cache mount's id, hashed → the layer that holds its files. */
export const CACHE_MOUNT = 'cache-mount'
/** The same key → the id itself. */
export const CACHE_MOUNT_NAME = 'cache-mount-name'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const encodeRecord = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value))

/** The record, or undefined for one of another version or none at all. */
export function decodeRecord<T extends { readonly version: number }>(bytes: Uint8Array | undefined, version: number): T | undefined {
  if (!bytes) return undefined
  try {
    const value = JSON.parse(decoder.decode(bytes)) as T | null
    return value?.version === version ? value : undefined
  } catch {
    return undefined // a record that can't be read is a miss, and is written again
  }
}

/** Whatever is known of a step with this key, evicted or not. */
export const stepRecord = async (store: Store, key: Digest): Promise<StepRecord | undefined> =>
  decodeRecord<StepRecord>(await store.record(RESULT, key), 1)

/**
 * Whatever is known of a step with this key, for who is going to use it. Touched before it is read: a collection that is under way has then either put its mark on it, which is read, or leaves
 * it, with its layer. What were read first could be marked before it is touched. What only comes from elsewhere by being read is new.
 */
export async function touchedRecord(store: Store, key: Digest): Promise<StepRecord | undefined> {
  await store.touch(RESULT, key)
  return stepRecord(store, key)
}

/** The result of a step with this key, if its layer is still there. */
export async function findResult(store: Store, key: Digest): Promise<StepRecord | undefined> {
  const record = await touchedRecord(store, key)
  return record && (await layerOf(store, record)) ? record : undefined
}

/** The layer of a result that is going to be used, of a record that was touched; undefined where it can't be. */
export const layerOf = async (store: Store, record: StepRecord): Promise<Blob | undefined> =>
  record.evicted ? undefined : store.blob(record.diffId)

export const putResult = (store: Store, key: Digest, record: StepRecord): Promise<void> =>
  store.putRecord(RESULT, key, encodeRecord(record))

/** Where a step stands: the same instruction of the same file, whatever it says now. */
const position = (project: string, { info, step, platform }: PlannedStep, number: number): string =>
  JSON.stringify([project, info.stage, number, step.kind, platform.os, platform.architecture, platform.variant ?? ''])

/** Remembers that a step with this key stood at this place of this project. */
export async function leaveTrail(
  store: Store,
  project: string,
  step: PlannedStep,
  key: Digest,
  strength: CacheStrength,
  at: number,
): Promise<void> {
  const place = position(project, step, step.info.number)
  const before = decodeRecord<Trail>(await store.record(TRAIL, place), 1)?.keys ?? []
  if (before[0]?.key === key) return
  const keys = [{ key, strength, at }, ...before.filter((other) => other.key !== key)].slice(0, TRAIL_LENGTH)
  await store.putRecord(TRAIL, place, encodeRecord({ version: 1, keys } satisfies Trail))
}

/** An earlier result at the place of a step, or next to it. */
export interface EarlierResult {
  readonly key: Digest
  readonly record: StepRecord
}

/**
 * What is known of earlier steps at this place of this project, each place's latest first; then, of the places beside it, what says the same: an instruction above
 * may have come or gone. What else stands there is another step, which may have run a moment ago in this very build.
 */
export async function earlierResults(store: Store, project: string, step: PlannedStep, strength: CacheStrength): Promise<EarlierResult[]> {
  const { number } = step.info
  const found = new Map<Digest, EarlierResult>()
  for (const place of [number, number - 1, number + 1]) {
    if (place < 1) continue
    const trail = decodeRecord<Trail>(await store.record(TRAIL, position(project, step, place)), 1)
    for (const { key, strength: made } of trail?.keys ?? []) {
      if ((made === 'definition') !== (strength === 'definition') || found.has(key)) continue
      const record = await stepRecord(store, key)
      if (record && (place === number || record.instruction === step.info.instruction)) found.set(key, { key, record })
    }
  }
  return [...found.values()]
}

/** Every step result that the cache has, for those who decide what stays; evicted ones are told by their `evicted`. */
export async function* cachedSteps(store: Store): AsyncGenerator<{ readonly key: Digest; readonly record: StepRecord }> {
  for (const key of await store.recordKeys(RESULT)) {
    const record = await stepRecord(store, key as Digest)
    if (record) yield { key: key as Digest, record }
  }
}

/**
 * Gives up the results of steps: the next build makes them again, and says when and why they went. Their layers are free to be collected; nothing else
 * changes. A result that is not there is no error.
 */
export async function evictSteps(store: Store, keys: Iterable<Digest>, eviction: Eviction): Promise<void> {
  for (const key of keys) {
    const record = await stepRecord(store, key)
    if (record && !record.evicted) await putResult(store, key, { ...record, evicted: eviction })
  }
}

/** Whether a record from elsewhere is what its key says: its inputs give the key. Says nothing about who made it. */
export const isRecordOf = (key: Digest, record: StepRecord): boolean => stepKey(new Map(record.inputs)) === key

/** Every layer that a cached step or a cache mount keeps: what a collection must spare so that the next build finds its steps. */
export async function cachedLayers(store: Store): Promise<Set<Digest>> {
  const layers = new Set<Digest>()
  for await (const { record } of cachedSteps(store)) if (!record.evicted) layers.add(record.diffId)
  for (const key of await store.recordKeys(CACHE_MOUNT)) {
    const bytes = await store.record(CACHE_MOUNT, key)
    if (bytes) layers.add(decoder.decode(bytes) as Digest)
  }
  return layers
}
