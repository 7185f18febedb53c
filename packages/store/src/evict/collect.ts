import type { Digest } from '@layerwright/digest'
import type { MaintainedStore } from '../types.js'
import { planEviction } from './plan.js'
import type { CacheEntry, CacheOwner, EvictionPlan, KeepPolicy } from './types.js'

export interface CollectOptions {
  /** Who lists what may go. Records that nobody lists stay. */
  readonly owners: readonly CacheOwner[]
  /** Blobs that have to stay, worked out after collections of others are over. */
  readonly pinned: () => Promise<ReadonlySet<Digest>>
  /** Without one only garbage goes: blobs that nothing refers to. */
  readonly policy?: KeepPolicy
  /** Whether only the plan is wanted. Default false. */
  readonly dryRun?: boolean
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  readonly signal?: AbortSignal
}

/**
 * Brings a store to what a policy says, and says what that took. Alone among collections; what running builds have used since they began stays.
 * With a cap the store takes no more than that afterwards, unless `over` says by how much named images, containers and running builds exceed it.
 */
export async function collectGarbage(store: MaintainedStore, options: CollectOptions): Promise<EvictionPlan> {
  const { policy, clock = Date.now } = options
  return store.maintain(async (since) => {
    const nowMs = clock()
    const pinned = await options.pinned()
    const entries: CacheEntry[] = []
    for (const owner of options.owners) for await (const entry of owner(store)) entries.push(entry)
    const blobs = []
    for await (const blob of store.blobs()) blobs.push(blob)
    const plan = planEviction({ blobs, entries, pinned, total: (await store.usage()).total, since, nowMs }, policy)
    if (options.dryRun) return plan
    // Records first: whoever dies here leaves blobs that nothing refers to, never a record of what is not there.
    for (const { kind, key } of plan.deleted) await store.deleteRecord(kind, key)
    const reason = policy?.maxBytes === undefined ? 'it was pruned' : `the store was over its cap of ${policy.maxBytes} bytes`
    for (const { forget } of plan.forgotten) await forget?.({ at: nowMs, reason })
    await store.remove(plan.blobs)
    return plan
  }, options.signal)
}
