import { type Digest, sha256 } from '@layerwright/digest'
import type { Store } from '@layerwright/store'
import type { Snapshot } from '@layerwright/vfs'
import { MAX_TRACES } from '../../limits.js'
import { type KeyInputs, stepKey } from '../key.js'
import { decodeRecord, encodeRecord, findResult, putResult, RESULT, type StepRecord, TRACE_KINDS } from '../records.js'
import { answersOf, type Look } from './looks.js'
import type { Trace } from './recorder.js'

/** A RUN as traced results are found: what it is, without what it may or may not look at. */
export interface Traceable {
  /** Its inputs but for root and environment. */
  readonly inputs: KeyInputs
  readonly env: readonly (readonly [name: string, value: string])[]
}

/** Kind `step-trace`, by the key of a `Traceable`: what runs of it looked at, the latest first. */
interface TraceRecord {
  readonly version: 1
  readonly traces: readonly { readonly looks: Digest; readonly last: Digest }[]
}
/** Kind `step-looks`, by digest: a `Trace`. Many results share one. */
interface LooksRecord {
  readonly version: 1
  readonly looks: readonly Look[]
  readonly env: readonly string[] | null
}
/** Kind `step-answers`, by the key of a traced result: what its looks were answered. Only for saying what differs. */
interface AnswersRecord {
  readonly version: 1
  readonly answers: readonly string[]
}

const [TRACE, LOOKS, ANSWERS] = TRACE_KINDS

/** The key of a RUN whose looks were answered so; a `step` record lies under it. */
function tracedInputs(
  { inputs, env }: Traceable,
  looks: Digest,
  names: LooksRecord['env'],
  answers: readonly string[],
): Map<string, string> {
  const values = new Map(env)
  const read = names ? names.map((name) => [name, values.get(name) ?? null]) : env
  return new Map([...inputs, ['env', JSON.stringify(read)], ['looks', looks], ['answers', sha256(JSON.stringify(answers))]])
}

export interface TracedResult {
  readonly key: Digest
  readonly record: StepRecord
}

/** An earlier trace that this tree or environment answers otherwise. */
export interface TraceMiss {
  readonly before: KeyInputs
  readonly now: KeyInputs
  /** Looks with another answer. */
  readonly changed: readonly { readonly look: Look; readonly before: string; readonly now: string }[]
}

/** A result whose looks are all answered as they were. `misses` says of the others what differs. */
export async function findTraced(
  store: Store,
  step: Traceable,
  lower: () => Promise<Snapshot>,
  signal?: AbortSignal,
): Promise<{ readonly found?: TracedResult; readonly misses: readonly TraceMiss[] }> {
  const traces = decodeRecord<TraceRecord>(await store.record(TRACE, stepKey(step.inputs)), 1)?.traces ?? []
  const misses: TraceMiss[] = []
  for (const { looks: id, last } of traces) {
    const trace = decodeRecord<LooksRecord>(await store.record(LOOKS, id), 1)
    if (!trace) continue
    const answers = await answersOf(await lower(), trace.looks, signal)
    const inputs = tracedInputs(step, id, trace.env, answers)
    const key = stepKey(inputs)
    const record = await findResult(store, key)
    if (record) {
      for (const [kind, name] of [
        [RESULT, key],
        [LOOKS, id],
        [ANSWERS, last],
      ] as const)
        await store.touch(kind, name)
      return { found: { key, record }, misses }
    }
    const miss = await compare(store, last, trace, answers, inputs)
    if (miss) misses.push(miss)
  }
  return { misses }
}

async function compare(
  store: Store,
  last: Digest,
  { looks }: LooksRecord,
  now: readonly string[],
  inputs: KeyInputs,
): Promise<TraceMiss | undefined> {
  const answers = decodeRecord<AnswersRecord>(await store.record(ANSWERS, last), 1)?.answers
  const record = await findResult(store, last)
  if (!answers || !record) return undefined
  const changed = looks.flatMap((look, i) => (answers[i] === now[i] ? [] : [{ look, before: answers[i] ?? '', now: now[i] ?? '' }]))
  return { before: new Map(record.inputs), now: inputs, changed }
}

/** Keeps the result of a run that was traced. @param lower the tree that the run was given */
export async function putTraced(store: Store, step: Traceable, trace: Trace, lower: Snapshot, record: StepRecord): Promise<void> {
  const { looks, env = null } = trace
  const bytes = encodeRecord({ version: 1, looks, env } satisfies LooksRecord)
  const id = sha256(bytes)
  const answers = await answersOf(lower, looks)
  const inputs = tracedInputs(step, id, env, answers)
  const key = stepKey(inputs)
  const place = stepKey(step.inputs)
  const before = decodeRecord<TraceRecord>(await store.record(TRACE, place), 1)?.traces ?? []
  const traces = [{ looks: id, last: key }, ...before.filter((other) => other.looks !== id)].slice(0, MAX_TRACES)
  await store.putRecord(LOOKS, id, bytes)
  await store.putRecord(ANSWERS, key, encodeRecord({ version: 1, answers } satisfies AnswersRecord))
  await putResult(store, key, { ...record, inputs: [...inputs] })
  // Last: what it names is there.
  await store.putRecord(TRACE, place, encodeRecord({ version: 1, traces } satisfies TraceRecord))
}
