import type { Digest } from '@layerwright/digest'
import type { PlannedStep } from '../graph/plan.js'
import type { StepOptions } from '../graph/step.js'
import { differencesOf, inWords } from './differences.js'
import type { KeyInputs } from './key.js'
import { askedToRun, maxAgeOf } from './options.js'
import { type EarlierResult, earlierResults, findResult, type StepRecord, stepRecord } from './records.js'

/** What the cache has to say about a step. */
export interface LookUp {
  /** The result to use. */
  readonly known?: StepRecord
  /** Why it is used, or why there is none; for a reader. */
  readonly reason: string
}

/** The stored result for a key, unless the options rule it out. */
export async function lookUp(step: PlannedStep, key: Digest, inputs: KeyInputs, options: StepOptions): Promise<LookUp> {
  const { store, cache, clock } = options
  if (options.noCache) return { reason: 'asked to run everything' }
  const asked = askedToRun(step.info, cache)
  if (asked !== undefined) return { reason: `asked to run ${asked} again` }
  const known = await findResult(store, key)
  const limit = maxAgeOf(step.info, cache)
  if (known && limit !== undefined && clock() - known.madeAt > limit)
    return { reason: `made ${inUnits(clock() - known.madeAt)} ago, and no more than ${inUnits(limit)} is wanted` }
  return known ? { known, reason: 'same inputs as before' } : { reason: await whyMissing(step, key, inputs, options) }
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
