import { type Digest, isDigest } from '@layerwright/digest'
import { parseReference, TAG_KIND } from '@layerwright/image'
import { LAYER_INDEX_KIND } from '@layerwright/layer'
import type { CacheEntry, MaintainedStore, StoredRecord } from '@layerwright/store'
import { ROOT_DIGEST, ROOT_PROGRAMS } from '../graph/root.js'
import { GIT_TREE } from '../remote/git.js'
import { HTTP_SOURCE } from '../remote/http.js'
import { CONTEXT_NOTE } from '../resolve.js'
import { CACHE_MOUNT, CACHE_MOUNT_NAME, type Eviction, putResult, RESULT, type StepRecord, TRACE_KINDS, TRAIL } from './records.js'

/** Image name → keys of the steps of its latest build: what `keepTags` of a policy goes by. */
const TAGGED = 'step-tag'

/** Remembers which steps the build of an image was made of, those of all its stages. `name`: what `tagImage` gave. */
export async function rememberTag(store: MaintainedStore, name: string, keys: readonly Digest[]): Promise<void> {
  await store.putRecord(TAGGED, name, new TextEncoder().encode(JSON.stringify(keys)))
}

/**
 * Everything that builds leave in a store and that can be made again: results of steps, cache mounts, files and repositories from the web, notes on
 * contexts, indexes of layers. For `collectGarbage`.
 */
export async function* buildCacheEntries(store: MaintainedStore): AsyncGenerator<CacheEntry> {
  const tags = await tagsByStep(store)
  for await (const record of store.records(RESULT))
    yield stepEntry(store, record, await json<StepRecord>(record), tags.get(record.key as Digest))
  for await (const record of store.records(CACHE_MOUNT)) yield entry(CACHE_MOUNT, record, [await text(record)])
  for await (const record of store.records(GIT_TREE)) yield entry(GIT_TREE, record, [await text(record)])
  for await (const record of store.records(HTTP_SOURCE))
    yield entry(HTTP_SOURCE, record, [(await json<{ digest?: string }>(record))?.digest])
  for (const kind of [TRAIL, ...TRACE_KINDS, CACHE_MOUNT_NAME, ROOT_DIGEST, ROOT_PROGRAMS, CONTEXT_NOTE])
    for await (const record of store.records(kind)) yield entry(kind, record, [])
  // Of use as long as there is an image with that name.
  for await (const record of store.records(TAGGED)) if (!(await store.record(TAG_KIND, record.key))) yield entry(TAGGED, record, [])
  for await (const record of store.records(LAYER_INDEX_KIND)) {
    if (isDigest(record.key)) yield { ...entry(LAYER_INDEX_KIND, record, []), of: record.key }
  }
}

function entry(kind: string, { key, disk, usedMs }: StoredRecord, blobs: readonly (string | undefined)[]): CacheEntry {
  return { kind, key, disk, usedMs, blobs: blobs.filter((blob): blob is Digest => blob !== undefined && isDigest(blob)) }
}

function stepEntry(store: MaintainedStore, stored: StoredRecord, record: StepRecord | undefined, tags: readonly string[] = []): CacheEntry {
  if (!record) return entry(RESULT, stored, [])
  if (record.evicted) return { ...entry(RESULT, stored, []), trace: true }
  return {
    ...entry(RESULT, stored, [record.diffId]),
    stages: [record.stage || 'stage-0'],
    tags,
    forget: (eviction) => leaveTrace(store, stored.key as Digest, record, eviction),
  }
}

/** Unless the step was made again meanwhile. */
async function leaveTrace(store: MaintainedStore, key: Digest, record: StepRecord, evicted: Eviction): Promise<void> {
  if (!(await store.record(RESULT, key))) await putResult(store, key, { ...record, evicted })
}

async function tagsByStep(store: MaintainedStore): Promise<Map<Digest, string[]>> {
  const tags = new Map<Digest, string[]>()
  for await (const record of store.records(TAGGED)) {
    const keys = await json<readonly Digest[]>(record)
    for (const key of Array.isArray(keys) ? keys : [])
      tags.set(key, [...(tags.get(key) ?? []), record.key, parseReference(record.key).familiar])
  }
  return tags
}

async function text(record: StoredRecord): Promise<string | undefined> {
  const bytes = await record.value()
  return bytes && new TextDecoder().decode(bytes)
}

/** undefined for what can't be read: it counts as something that needs no blob. */
async function json<T>(record: StoredRecord): Promise<T | undefined> {
  try {
    return JSON.parse((await text(record)) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}
