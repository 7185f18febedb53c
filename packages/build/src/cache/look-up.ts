import type { Digest } from '@layerwright/digest'
import type { Blob } from '@layerwright/store'
import type { PlannedStep } from '../graph/plan.js'
import type { Root } from '../graph/root.js'
import type { StepOptions } from '../graph/step.js'
import type { PreparedStep } from '../steps/types.js'
import { type Difference, differencesOf, inWords } from './differences.js'
import type { KeyInputs } from './key.js'
import { askedToRun, maxAgeOf } from './options.js'
import { type EarlierResult, earlierResults, layerOf, type StepRecord, touchedRecord } from './records.js'
import { findTraced } from './trace/records.js'
import { whyNotTraced } from './trace/words.js'
import { withVariables } from './written.js'

/** What the cache has to say about a step. */
export interface LookUp {
  /** The result to use. */
  readonly known?: StepRecord
  /** Its layer, where that was looked for. */
  readonly blob?: Blob | undefined
  /** Whatever was known under the key, of use or not. */
  readonly before?: StepRecord | undefined
  /** Why it is used, or why there is none; for a reader. */
  readonly reason: string
  /** Of a miss: the earlier result that is nearest, and what differs from it. */
  readonly nearest?: Nearest | undefined
  /** The reason is not that anything differs. */
  readonly decided?: boolean
}

export interface Nearest extends EarlierResult {
  readonly differences: readonly Difference[]
}

/** The stored result of a step, unless the options rule it out. */
export async function lookUp(step: PlannedStep, key: Digest, prepared: PreparedStep, parent: Root, options: StepOptions): Promise<LookUp> {
  const { store, cache, clock } = options
  if (options.noCache) return decided('asked to run everything')
  // Only what this very build traces is worth a look then.
  if (options.emptyCache && !prepared.traceable) return FIRST_TIME
  const before = await touchedRecord(store, key)
  const asked = askedToRun(step.info, cache)
  if (asked !== undefined) return decided(`asked to run ${asked} again`, before)
  const limit = maxAgeOf(step.info, cache)
  const use = (known: StepRecord, reason: string, blob?: Blob): LookUp => {
    const age = clock() - known.madeAt
    if (limit === undefined || age <= limit) return { known, reason, blob, before }
    return decided(`made ${inUnits(age)} ago, and no more than ${inUnits(limit)} is wanted`, before)
  }
  const blob = before && (await layerOf(store, before))
  if (blob) return use(before, 'same inputs as before', blob)
  if (!prepared.traceable) return whyMissing(step, before, prepared.inputs, options)
  const { found, misses } = await findTraced(store, prepared.traceable, () => parent.snapshot(), options.signal)
  if (found) return use(found.record, 'nothing that it looked at changed')
  const missing = await whyMissing(step, before, prepared.inputs, options)
  const traced = whyNotTraced(misses, step)
  return traced === undefined ? missing : { ...missing, ...decided(traced, before) }
}

const FIRST_TIME: LookUp = { reason: 'first time' }

const decided = (reason: string, before?: StepRecord): LookUp => ({ reason, decided: true, before })

async function whyMissing(
  step: PlannedStep,
  before: StepRecord | undefined,
  inputs: KeyInputs,
  { store, cache, project }: StepOptions,
): Promise<LookUp> {
  if (before) return decided(goneWords(before), before)
  const nearest = nearestOf(await earlierResults(store, project, step, cache.strength ?? 'content'), inputs)
  if (!nearest) return FIRST_TIME
  const differences = withVariables(nearest.differences, nearest.record.written, step)
  return { reason: inWords(differences, step), nearest: { ...nearest, differences } }
}

/** The earlier result with the fewest differences; of several the latest. */
function nearestOf(earlier: readonly EarlierResult[], inputs: KeyInputs): Nearest | undefined {
  const compared = earlier.map((result) => ({ ...result, differences: differencesOf(new Map(result.record.inputs), inputs) }))
  return compared.reduce<Nearest | undefined>(
    (best, one) => (best && best.differences.length <= one.differences.length ? best : one),
    undefined,
  )
}

/** Why a result that is known has no layer any more. */
function goneWords({ evicted }: StepRecord): string {
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
