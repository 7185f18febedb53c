import type { Digest } from '@layerwright/digest'
import { storeLimits } from '../limits.js'
import type { StoredBlob } from '../types.js'
import type { CacheEntry, EvictionPlan, KeepPolicy } from './types.js'

/** Everything that decides what has to go; read once, under `maintain`. */
export interface StoreState {
  readonly blobs: readonly StoredBlob[]
  readonly entries: readonly CacheEntry[]
  /** Blobs that are not for a cache to remove: of named images, containers, volumes. */
  readonly pinned: ReadonlySet<Digest>
  /** Bytes on the disk, all in all. */
  readonly total: number
  /** What was used at or after this time is in use (`StoreMaintenance.maintain`). */
  readonly since: number
  readonly nowMs: number
}

/** A blob with all that needs it, or a record that needs none: what goes, goes together. */
interface Unit {
  /** undefined: nothing is freed but the record. */
  readonly blob: Digest | undefined
  readonly entries: readonly CacheEntry[]
  /** Of the latest use of any of them. */
  readonly usedMs: number
  readonly kept: boolean
}

/**
 * Decides what to remove. Garbage always: blobs that nothing refers to, records derived from blobs that are gone. Then, where the store is over a cap, units in the
 * order of their latest use, those that the policy keeps last, until it is somewhat below; without a cap, all that the policy does not keep; without
 * a policy nothing more. An entry needs its own blobs and no other entry, so a parent that nobody uses any more is not kept by its children.
 */
export function planEviction(state: StoreState, policy: KeepPolicy | undefined): EvictionPlan {
  const { maxBytes } = policy ?? {}
  const plan = new Removal(state, maxBytes)
  if (policy && (maxBytes === undefined || plan.total > maxBytes)) {
    const target = maxBytes === undefined ? Number.NEGATIVE_INFINITY : maxBytes * storeLimits.lowWater
    for (const unit of unitsOf(state, policy)) {
      if (plan.total <= target || (unit.kept && maxBytes === undefined)) break
      plan.remove(unit)
    }
  }
  return plan.result(maxBytes)
}

/** It goes with the blob that it was derived from, and never else. */
const isDerived = ({ of, blobs }: CacheEntry): boolean => of !== undefined && blobs.length === 0

function listUnder<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

/** All that may go, in the order in which it goes. */
function unitsOf(state: StoreState, policy: KeepPolicy): Unit[] {
  const keeps = keptBy(policy, state.nowMs)
  const byBlob = new Map<Digest, CacheEntry[]>()
  const units: Unit[] = []
  // Of blobs that were written again since the entries were listed, for an entry that is not among them: its writer counts on them, and a removal would not see that they were touched.
  const inUse = new Set(state.blobs.filter(({ usedMs }) => usedMs >= state.since).map(({ digest }) => digest))
  const unit = (blob: Digest | undefined, entries: readonly CacheEntry[]): void => {
    const usedMs = entries.reduce((latest, entry) => Math.max(latest, entry.usedMs), 0)
    if (usedMs < state.since && !(blob && inUse.has(blob))) units.push({ blob, entries, usedMs, kept: entries.some(keeps) })
  }
  for (const entry of state.entries) {
    const own = entry.blobs.filter((blob) => !state.pinned.has(blob))
    for (const blob of own) listUnder(byBlob, blob, entry)
    if (own.length === 0 && !isDerived(entry) && !entry.trace) unit(undefined, [entry])
  }
  for (const [blob, entries] of byBlob) unit(blob, entries)
  return units.sort((a, b) => Number(a.kept) - Number(b.kept) || rank(a) - rank(b))
}

/** A record alone frees a block or two and is worth more than that to those who ask why something ran: it goes as if it had been used later. */
const rank = ({ blob, usedMs }: Unit): number => (blob ? usedMs : usedMs + storeLimits.smallerLater)

function keptBy({ keepRecentMs, keepStages = [], keepTags = [] }: KeepPolicy, nowMs: number): (entry: CacheEntry) => boolean {
  const [stage, tag] = [keepStages, keepTags].map((names) => matcher(names)) as [(name: string) => boolean, (name: string) => boolean]
  return ({ keep = false, usedMs, stages = [], tags = [] }) =>
    keep || (keepRecentMs !== undefined && usedMs >= nowMs - keepRecentMs) || stages.some(stage) || tags.some(tag)
}

function matcher(names: readonly string[]): (name: string) => boolean {
  const forms = names.map((name) => new RegExp(`^${name.split('*').map(escaped).join('.*')}$`, 's'))
  return (name) => forms.some((form) => form.test(name))
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** What is removed so far. A blob goes with the last entry that needs it, and takes what was derived from it along. */
class Removal {
  total: number
  readonly #state: StoreState
  readonly #there: ReadonlyMap<Digest, StoredBlob>
  readonly #needed = new Map<Digest, number>()
  readonly #derived = new Map<Digest, CacheEntry[]>()
  readonly #deleted = new Set<CacheEntry>()
  readonly #forgotten = new Set<CacheEntry>()
  readonly #blobs = new Set<StoredBlob>()

  /** Whether somebody wants things gone, cap or not. */
  readonly #asked: boolean

  constructor(state: StoreState, maxBytes: number | undefined) {
    this.#asked = maxBytes === undefined
    const { blobs, entries, pinned, total, since, nowMs } = state
    this.total = total
    this.#state = state
    this.#there = new Map(blobs.map((blob) => [blob.digest, blob]))
    for (const entry of entries) {
      for (const blob of entry.blobs) this.#needed.set(blob, (this.#needed.get(blob) ?? 0) + 1)
      if (entry.of) listUnder(this.#derived, entry.of, entry)
    }
    const young = Math.min(since, nowMs - storeLimits.youngBlob)
    for (const { digest, usedMs } of blobs) {
      if (!this.#needed.has(digest) && !pinned.has(digest) && usedMs < young) this.#removeBlob(digest)
    }
    for (const [of, derived] of this.#derived) {
      if (!this.#there.has(of)) for (const entry of derived) if (entry.usedMs < young) this.#delete(entry)
    }
    for (const trace of tooMany(entries, maxBytes)) this.#delete(trace)
  }

  remove({ blob, entries }: Unit): void {
    for (const entry of entries) {
      if (entry.forget && (blob || this.#asked)) this.#forget(entry)
      else this.#delete(entry)
    }
  }

  #delete(entry: CacheEntry): void {
    if (this.#deleted.has(entry) || this.#forgotten.has(entry)) return
    this.#deleted.add(entry)
    this.total -= entry.disk
    this.#release(entry)
  }

  #forget(entry: CacheEntry): void {
    if (this.#deleted.has(entry) || this.#forgotten.has(entry)) return
    this.#forgotten.add(entry)
    this.#release(entry)
  }

  #release({ blobs }: CacheEntry): void {
    for (const blob of blobs) {
      const left = this.#needed.get(blob)! - 1
      this.#needed.set(blob, left)
      if (left === 0 && !this.#state.pinned.has(blob)) this.#removeBlob(blob)
    }
  }

  #removeBlob(digest: Digest): void {
    const blob = this.#there.get(digest)
    if (!blob || this.#blobs.has(blob)) return
    this.#blobs.add(blob)
    this.total -= blob.disk
    for (const entry of this.#derived.get(digest) ?? []) if (entry.usedMs < this.#state.since) this.#delete(entry)
  }

  result(maxBytes: number | undefined): EvictionPlan {
    return {
      deleted: [...this.#deleted],
      forgotten: [...this.#forgotten],
      blobs: [...this.#blobs],
      before: this.#state.total,
      after: this.total,
      over: maxBytes === undefined ? 0 : Math.max(0, this.total - maxBytes),
    }
  }
}

/** The oldest traces beyond what may be kept of them: a number, and a hundredth of the cap. */
function tooMany(entries: readonly CacheEntry[], maxBytes: number | undefined): CacheEntry[] {
  const traces = entries.filter(({ trace }) => trace).sort((a, b) => b.usedMs - a.usedMs)
  let room = maxBytes === undefined ? Number.POSITIVE_INFINITY : maxBytes / 100
  return traces.filter(({ disk }, i) => {
    room -= disk
    return i >= storeLimits.evictionTraces || room < 0
  })
}
