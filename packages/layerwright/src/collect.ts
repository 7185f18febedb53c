import { buildCacheEntries } from '@layerwright/build'
import { openEngine } from '@layerwright/container'
import { nodeHost } from '@layerwright/container/node'
import { IMAGE_KIND, imageCacheEntries } from '@layerwright/image'
import { type CacheEntry, collectGarbage, type EvictionPlan, type KeepPolicy, keepPolicy, type MaintainedStore } from '@layerwright/store'
import { PULLED_KIND } from './base-images.js'
import { chooseExecutor } from './executor.js'

export interface CollectStoreOptions {
  /**
   * `unnamed`: images without a name, and what nothing refers to. `cache` (default): with them everything that can be made again, as far as the
   * policy does not keep it.
   */
  readonly scope?: 'unnamed' | 'cache'
  readonly policy?: KeepPolicy
  /** Whether only the plan is wanted. Default false. */
  readonly dryRun?: boolean
  /** Ids of containers that are as good as removed. */
  readonly without?: ReadonlySet<string>
  readonly signal?: AbortSignal
}

/**
 * Removes from a store what can be made again. Images with a name, containers and volumes stay, and so does what running builds use.
 * @throws StoreError, ImageError
 */
export async function collectStore(store: MaintainedStore, options: CollectStoreOptions = {}): Promise<EvictionPlan> {
  const { scope = 'cache', policy = {}, without, dryRun = false, signal } = options
  const engine = openEngine({ store, executor: () => chooseExecutor('auto'), host: nodeHost() })
  let images: readonly CacheEntry[] = []
  const kept = (entry: CacheEntry): CacheEntry => (scope === 'unnamed' && entry.kind !== IMAGE_KIND ? { ...entry, keep: true } : entry)
  return collectGarbage(store, {
    policy,
    dryRun,
    ...(signal ? { signal } : {}),
    async pinned() {
      const used = await engine.reachable(without)
      const ofImages = await imageCacheEntries(store, used)
      images = ofImages.entries
      return new Set([...used, ...ofImages.pinned])
    },
    owners: [
      async function* () {
        yield* images.map(kept)
        for await (const entry of buildCacheEntries(store)) yield kept(entry)
        for await (const { key, disk, usedMs } of store.records(PULLED_KIND))
          yield kept({ kind: PULLED_KIND, key, disk, usedMs, blobs: [] })
      },
    ],
  })
}

/** After a build: brings the store under its cap, if it has one. Gives what that took; undefined: there is no cap. */
export async function enforceCap(store: MaintainedStore): Promise<EvictionPlan | undefined> {
  const policy = await keepPolicy(store)
  if (policy?.maxBytes === undefined) return undefined
  const { total } = await store.usage()
  // Garbage alone is no reason to walk through all records.
  return total > policy.maxBytes ? collectStore(store, { policy }) : undefined
}
