import { cloneInode, type Inode } from '@layerwright/vfs'
import { DEFAULT_EPOCH } from './limits.js'
import type { StepChanges } from './steps/types.js'
import type { BuildOptions } from './types.js'

const NS = 1_000_000_000n

/** How a build dates what the host or the clock wrote (DESIGN, decision 12). Part of the key of every step that writes entries. */
export interface TimePolicy {
  readonly mode: 'fixed' | 'source'
  /** Seconds; undefined only in `source` mode without an epoch: then the clock says. */
  readonly epoch: number | undefined
  /** Later times are lowered to the epoch when a layer is written. */
  readonly rewrite: boolean
  /** Nanoseconds for what a step makes now. */
  nowNs(): bigint
}

/** The policy of a build. @param epoch what SOURCE_DATE_EPOCH resolved to, if anything */
export function timePolicy(options: BuildOptions, epoch: number | undefined): TimePolicy {
  const clock = options.clock ?? Date.now
  if ((options.timestamps ?? 'fixed') === 'fixed') {
    const fixed = epoch ?? DEFAULT_EPOCH
    return { mode: 'fixed', epoch: fixed, rewrite: false, nowNs: () => BigInt(fixed) * NS }
  }
  return {
    mode: 'source',
    epoch,
    rewrite: (options.rewriteTimestamp ?? false) && epoch !== undefined,
    nowNs: () => BigInt(clock()) * 1_000_000n,
  }
}

/** `created` of the image config and of new history lines: RFC 3339, whole seconds where it is a set date. */
export function createdText(times: TimePolicy, clock: () => number): string {
  return times.epoch === undefined ? new Date(clock()).toISOString() : new Date(times.epoch * 1000).toISOString().replace('.000Z', 'Z')
}

/** `rewrite-timestamp`: times later than the epoch are lowered to it in what a step wrote; earlier ones stay. */
export function clampTimes(step: StepChanges, { rewrite, epoch }: TimePolicy): StepChanges {
  if (!rewrite || epoch === undefined) return step
  const latest = secondsToNs(epoch)
  const lowered = new Map<Inode, Inode>()
  const lower = (inode: Inode): Inode => {
    const known = lowered.get(inode)
    if (known) return known
    const made = inode.mtimeNs > latest ? cloneInode({ ...inode, mtimeNs: latest }) : inode
    lowered.set(inode, made)
    return made
  }
  return { changes: step.changes.map((change) => (change.inode ? { ...change, inode: lower(change.inode) } : change)) }
}

const secondsToNs = (seconds: number): bigint => BigInt(seconds) * NS
