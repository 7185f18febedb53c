import type { Digest } from '@layerwright/digest'
import { StoreAccessError } from '../errors.js'
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
  const { dryRun = false, signal } = options
  let begun = false
  try {
    return await store.maintain((since) => {
      begun = true
      return collect(store, since, options)
    }, signal)
  } catch (error) {
    // Where nobody can write nothing is to be kept apart, and a plan can be made all the same.
    if (begun || !dryRun || !(error instanceof StoreAccessError)) throw error
    return collect(store, Number.POSITIVE_INFINITY, options)
  }
}

async function collect(store: MaintainedStore, since: number, options: CollectOptions): Promise<EvictionPlan> {
  const { policy, clock = Date.now } = options
  const nowMs = clock()
  const pinned = await options.pinned()
  const entries: CacheEntry[] = []
  for (const owner of options.owners) for await (const entry of owner(store)) entries.push(entry)
  const blobs = []
  for await (const blob of store.blobs()) blobs.push(blob)
  const plan = planEviction({ blobs, entries, pinned, total: (await store.usage()).total, since, nowMs }, policy)
  if (options.dryRun) return plan
  // Records first: whoever dies here leaves blobs that nothing refers to, never a record of what is not there.
  // What a build that runs has begun to use since it was listed stays, with its blobs.
  const wanted = new Set<Digest>()
  const isGone = async ({ kind, key, usedMs, blobs }: CacheEntry): Promise<boolean> => {
    const gone = await store.removeRecord(kind, key, usedMs)
    if (!gone) for (const blob of blobs) wanted.add(blob)
    return gone
  }
  const reason = policy?.maxBytes === undefined ? 'it was pruned' : `the store was over its cap of ${policy.maxBytes} bytes`
  for (const entry of plan.forgotten) if (await isGone(entry)) await entry.forget?.({ at: nowMs, reason })
  for (const entry of plan.deleted) await isGone(entry)
  await store.remove(plan.blobs.filter(({ digest }) => !wanted.has(digest)))
  return plan
}
