import type { Digest } from '@layerwright/digest'
import type { Store } from '@layerwright/store'
import type { PlannedStep } from '../graph/plan.js'
import type { KeyInputs } from './key.js'

/** The stored result of a step: a delta, never a merged tree. */
export interface StepRecord {
  readonly inputs: readonly (readonly [name: string, value: string])[]
  readonly diffId: Digest
  /** Bytes and entries of the layer. */
  readonly size: number
  readonly entries: number
  /** Merkle digest of the tree behind the step. */
  readonly root: Digest
  readonly simulated: boolean
}

const RESULT = 'step'
/** A cache mount's id, hashed → the layer that holds its files. */
export const CACHE_MOUNT = 'cache-mount'
/** Where a step stands in its project → the key it had when it last ran: what a miss is compared with. */
const TRAIL = 'step-trail'

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const decode = <T>(bytes: Uint8Array | undefined): T | undefined => {
  if (!bytes) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T
  } catch {
    return undefined // a record that can't be read is a miss, and is written again
  }
}

/** The result of a step with this key, if its layer is still there. */
export async function findResult(store: Store, key: Digest): Promise<StepRecord | undefined> {
  const record = decode<StepRecord>(await store.record(RESULT, key))
  return record && (await store.blob(record.diffId)) ? record : undefined
}

const position = (project: string, { info, step, platform }: PlannedStep): string =>
  JSON.stringify([project, info.stage, info.number, step.kind, platform.os, platform.architecture, platform.variant ?? ''])

/** Remembers what a step made, and that it was made at this place of this project. */
export async function saveResult(store: Store, project: string, step: PlannedStep, key: Digest, record: StepRecord): Promise<void> {
  await store.putRecord(RESULT, key, encode(record))
  await store.putRecord(TRAIL, position(project, step), encode(key))
}

/** The inputs of the step that ran last at this place of this project, if they are still known. */
export async function lastInputs(store: Store, project: string, step: PlannedStep): Promise<KeyInputs | undefined> {
  const key = decode<Digest>(await store.record(TRAIL, position(project, step)))
  const record = key && decode<StepRecord>(await store.record(RESULT, key))
  return record ? new Map(record.inputs) : undefined
}

/** Every layer that a cached step or a cache mount keeps: what a collection must spare so that the next build finds its steps. */
export async function cachedLayers(store: Store): Promise<Set<Digest>> {
  const layers = new Set<Digest>()
  for (const key of await store.recordKeys(RESULT)) {
    const record = decode<StepRecord>(await store.record(RESULT, key))
    if (record) layers.add(record.diffId)
  }
  for (const key of await store.recordKeys(CACHE_MOUNT)) {
    const bytes = await store.record(CACHE_MOUNT, key)
    if (bytes) layers.add(new TextDecoder().decode(bytes) as Digest)
  }
  return layers
}

/** Forgets every cached step; images, containers and cache mounts stay. */
export async function clearCache(store: Store): Promise<void> {
  for (const kind of [RESULT, TRAIL]) for (const key of await store.recordKeys(kind)) await store.deleteRecord(kind, key)
}
