import type { Store } from '@layerwright/store'
import { CorruptRecordError } from '../errors.js'
import type { ContainerRecord, VolumeRecord } from './types.js'

/** What this package names its records. A store hashes kinds and keys before they get near a path (S19). */
const CONTAINER = 'container'
const VOLUME = 'volume'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

async function read<T extends { readonly version: number }>(store: Store, kind: string, key: string): Promise<T | undefined> {
  const bytes = await store.record(kind, key)
  if (!bytes) return undefined
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(bytes))
  } catch (error) {
    throw new CorruptRecordError(kind, key, error instanceof Error ? error.message : String(error))
  }
  if (typeof value !== 'object' || value === null || (value as T).version !== 1) {
    throw new CorruptRecordError(kind, key, 'it was written by another version of this engine')
  }
  return value as T
}

const write = (store: Store, kind: string, key: string, value: object): Promise<void> =>
  store.putRecord(kind, key, encoder.encode(JSON.stringify(value)), { durable: true })

async function list<T extends { readonly version: number }>(store: Store, kind: string): Promise<T[]> {
  const all: T[] = []
  for (const key of await store.recordKeys(kind)) {
    // Removed by somebody else since the keys were listed: then it is not there.
    const record = await read<T>(store, kind, key)
    if (record) all.push(record)
  }
  return all
}

/** @throws CorruptRecordError */
export const readContainer = (store: Store, id: string): Promise<ContainerRecord | undefined> => read(store, CONTAINER, id)
export const writeContainer = (store: Store, record: ContainerRecord): Promise<void> => write(store, CONTAINER, record.id, record)
export const deleteContainer = (store: Store, id: string): Promise<void> => store.deleteRecord(CONTAINER, id)
/** Sorted by id. @throws CorruptRecordError */
export const listContainers = (store: Store): Promise<ContainerRecord[]> => list(store, CONTAINER)
export const containerIds = (store: Store): Promise<string[]> => store.recordKeys(CONTAINER)

/** @throws CorruptRecordError */
export const readVolume = (store: Store, name: string): Promise<VolumeRecord | undefined> => read(store, VOLUME, name)
export const writeVolume = (store: Store, record: VolumeRecord): Promise<void> => write(store, VOLUME, record.name, record)
export const deleteVolume = (store: Store, name: string): Promise<void> => store.deleteRecord(VOLUME, name)
/** Sorted by name. @throws CorruptRecordError */
export const listVolumes = (store: Store): Promise<VolumeRecord[]> => list(store, VOLUME)
