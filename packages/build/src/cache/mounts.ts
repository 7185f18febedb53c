import { type Digest, sha256 } from '@layerwright/digest'
import { layerSnapshot, openLayer, storeLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { emptySnapshot, type Snapshot, upperChanges } from '@layerwright/vfs'
import { CACHE_MOUNT, CACHE_MOUNT_NAME } from './records.js'

/** The files behind `RUN --mount=type=cache` of one id. */
export interface CacheMount {
  /** Undefined for one of an older build, or that a `private` mount made beside another. */
  readonly id: string | undefined
  /** The layer that holds its files. */
  readonly diffId: Digest
  readonly entries: number
  readonly bytes: number
}

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes)

/** All cache mounts of a store, by id. */
export async function listCacheMounts(store: Store): Promise<CacheMount[]> {
  const found: CacheMount[] = []
  for (const key of await store.recordKeys(CACHE_MOUNT)) {
    const layer = await layerOf(store, key as Digest)
    if (!layer) continue
    const { entries, size } = layer.index
    found.push({ id: text(await store.record(CACHE_MOUNT_NAME, key)), diffId: layer.diffId, entries, bytes: size })
  }
  return found.sort((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1))
}

/** The files of a cache mount, or undefined where there is none of that id. */
export async function cacheMountTree(store: Store, id: string): Promise<Snapshot | undefined> {
  const layer = await layerOf(store, sha256(id))
  return layer && layerSnapshot([layer])
}

/** Puts files in the place of those that a cache mount has; the next RUN with that id sees them. No key depends on them. */
export async function putCacheMount(store: Store, id: string, tree: Snapshot): Promise<void> {
  const { diffId } = await storeLayer(store, upperChanges(emptySnapshot(), tree))
  await keepCacheMount(store, sha256(id), diffId, id)
}

/** Remembers the layer of a cache mount, and its id for those who look. */
export async function keepCacheMount(store: Store, key: Digest, diffId: Digest, id: string | undefined): Promise<void> {
  const encoder = new TextEncoder()
  if (id !== undefined) await store.putRecord(CACHE_MOUNT_NAME, key, encoder.encode(id))
  await store.putRecord(CACHE_MOUNT, key, encoder.encode(diffId))
}

async function layerOf(store: Store, key: Digest) {
  const diffId = text(await store.record(CACHE_MOUNT, key))
  return diffId === undefined ? undefined : openLayer(store, diffId as Digest)
}
