import type { Digest } from '@layerwright/digest'
import type { PlannedStep } from '../graph/plan.js'
import type { Root } from '../graph/root.js'
import type { StepOptions } from '../graph/step.js'
import type { PreparedStep } from '../steps/types.js'
import { differencesOf, inWords } from './differences.js'
import type { KeyInputs } from './key.js'
import { askedToRun, maxAgeOf } from './options.js'
import { type EarlierResult, earlierResults, findResult, type StepRecord, stepRecord } from './records.js'
import { findTraced } from './trace/records.js'
import { whyNotTraced } from './trace/words.js'

/** What the cache has to say about a step. */
export interface LookUp {
  /** The result to use. */
  readonly known?: StepRecord
  /** Why it is used, or why there is none; for a reader. */
  readonly reason: string
}

/** The stored result of a step, unless the options rule it out. */
export async function lookUp(step: PlannedStep, key: Digest, prepared: PreparedStep, parent: Root, options: StepOptions): Promise<LookUp> {
  const { store, cache, clock } = options
  if (options.noCache) return { reason: 'asked to run everything' }
  const asked = askedToRun(step.info, cache)
  if (asked !== undefined) return { reason: `asked to run ${asked} again` }
  const limit = maxAgeOf(step.info, cache)
  const old = ({ madeAt }: StepRecord): string | undefined =>
    limit !== undefined && clock() - madeAt > limit
      ? `made ${inUnits(clock() - madeAt)} ago, and no more than ${inUnits(limit)} is wanted`
      : undefined
  const known = await findResult(store, key)
  if (known) return old(known) ? { reason: old(known)! } : { known, reason: 'same inputs as before' }
  if (!prepared.traceable) return { reason: await whyMissing(step, key, prepared.inputs, options) }
  const { found, misses } = await findTraced(store, prepared.traceable, () => parent.snapshot(), options.signal)
  if (!found) return { reason: whyNotTraced(misses) ?? (await whyMissing(step, key, prepared.inputs, options)) }
  return old(found.record) ? { reason: old(found.record)! } : { known: found.record, reason: 'nothing that it looked at changed' }
}

async function whyMissing(step: PlannedStep, key: Digest, inputs: KeyInputs, { store, cache, project }: StepOptions): Promise<string> {
  const same = await stepRecord(store, key)
  if (same) return goneWords(same)
  const earlier = await earlierResults(store, project, step, cache.strength ?? 'content')
  return inWords(nearest(earlier, inputs)?.differences ?? []) || 'first time'
}

/** The earlier result with the fewest differences; of several the latest. */
export function nearest(earlier: readonly EarlierResult[], inputs: KeyInputs) {
  const compared = earlier.map((result) => ({ ...result, differences: differencesOf(new Map(result.record.inputs), inputs) }))
  return compared.reduce<(typeof compared)[number] | undefined>(
    (best, one) => (best && best.differences.length <= one.differences.length ? best : one),
    undefined,
  )
}

/** Why a result that is known has no layer any more. */
export function goneWords({ evicted }: StepRecord): string {
  if (!evicted) return 'its result is not in the store any more'
  return `evicted on ${new Date(evicted.at).toISOString().slice(0, 10)}: ${evicted.reason}`
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
]

/** `90000` as `1m 30s`: the two largest units that say something. */
export function inUnits(ms: number): string {
  const parts: string[] = []
  let rest = ms
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${name}`)
  }
  return parts.slice(0, 2).join(' ') || '0s'
}
