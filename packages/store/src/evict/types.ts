import type { Digest } from '@layerwright/digest'
import type { MaintainedStore, StoredBlob } from '../types.js'

/** A record that may be removed, because what it stands for can be made again. */
export interface CacheEntry {
  readonly kind: string
  readonly key: string
  /** Bytes of the record on the disk. */
  readonly disk: number
  /** Milliseconds since 1970. */
  readonly usedMs: number
  /** Blobs that it needs: they stay as long as it does. */
  readonly blobs: readonly Digest[]
  /**
   * The blob that it was derived from (the index of a layer, its compressed form): it goes with that one, wherever else it would stay. One without
   * blobs of its own is never removed for itself.
   */
  readonly of?: Digest
  /**
   * Leaves a trace in the place of the record, which is removed already, that takes no more room; without this nothing is left. A record whose removal
   * would free nothing else is deleted in any case.
   */
  readonly forget?: (eviction: Eviction) => Promise<void>
  /** Whether it is to stay whatever the rules of the policy say; under a cap it goes with what they keep. */
  readonly keep?: boolean
  /** Whether it is such a trace: the oldest go when there are too many. */
  readonly trace?: boolean
  /** Build stages that it belongs to, and names of images whose builds it was part of: what policies go by. */
  readonly stages?: readonly string[]
  readonly tags?: readonly string[]
}

/** When and why something was given up. */
export interface Eviction {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Completes "evicted on DATE: …". */
  readonly reason: string
}

/** Lists what one owner of records in a store would let go. */
export type CacheOwner = (store: MaintainedStore) => AsyncIterable<CacheEntry>

/** What a store should hold. `*` in a name stands for any characters. */
export interface KeepPolicy {
  /** The cap: bytes that the store's folder may take on the disk. What is kept by the rules below goes last, but it goes. */
  readonly maxBytes?: number
  /** What was used within so many milliseconds. */
  readonly keepRecentMs?: number
  /** What was part of the latest build of an image with such a name. */
  readonly keepTags?: readonly string[]
  /** What belongs to a stage with such a name. */
  readonly keepStages?: readonly string[]
}

/** What a collection removes, and what it leaves. */
export interface EvictionPlan {
  /** Records that are deleted, and those that leave a trace. */
  readonly deleted: readonly CacheEntry[]
  readonly forgotten: readonly CacheEntry[]
  readonly blobs: readonly StoredBlob[]
  /** Bytes on the disk before, and as planned. */
  readonly before: number
  readonly after: number
  /** Bytes above the cap that stay, because named images, containers or running builds need them; 0 mostly. */
  readonly over: number
}
