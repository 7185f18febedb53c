import { type Digest, sha256 } from '@layerwright/digest'
import type { Store } from '@layerwright/store'
import type { Snapshot } from '@layerwright/vfs'
import { MAX_TRACES } from '../../limits.js'
import { type KeyInputs, stepKey } from '../key.js'
import { decodeRecord, encodeRecord, findResult, putResult, RESULT, type StepRecord, TRACE_KINDS } from '../records.js'
import type { TracedBind } from './binds.js'
import { answersOf, isLook, type Look } from './looks.js'
import type { Trace } from './recorder.js'

/** A RUN as traced results are found: what it is, without what it may or may not look at. */
export interface Traceable {
  /** Its inputs but for root, environment, and what is in the binds. */
  readonly inputs: KeyInputs
  readonly binds: readonly TracedBind[]
  readonly env: readonly (readonly [name: string, value: string])[]
}

/** Kind `step-trace`, by the key of a `Traceable`: what runs of it looked at, the latest first. */
export interface TraceRecord {
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
export const recordKinds = { trace: TRACE, looks: LOOKS, answers: ANSWERS } as const

/** Whether something from elsewhere is a `LooksRecord`. */
export function isLooksRecord(value: Readonly<Record<string, unknown>> | undefined): boolean {
  const { version, looks, env } = value ?? {}
  return (
    version === 1 &&
    Array.isArray(looks) &&
    looks.every(isLook) &&
    (env === null || (Array.isArray(env) && env.every((name) => typeof name === 'string')))
  )
}

export const storedLooks = (store: Store, id: Digest): Promise<Uint8Array | undefined> => store.record(LOOKS, id)

export const storedAnswers = async (store: Store, key: Digest): Promise<readonly string[] | undefined> =>
  decodeRecord<AnswersRecord>(await store.record(ANSWERS, key), 1)?.answers

export const encodeAnswers = (answers: readonly string[]): Uint8Array => encodeRecord({ version: 1, answers } satisfies AnswersRecord)

export const putAnswers = (store: Store, key: Digest, answers: readonly string[]): Promise<void> =>
  store.putRecord(ANSWERS, key, encodeAnswers(answers))

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

export interface ChangedLook {
  readonly kind: Look[0]
  readonly path: string
  readonly before: string
  readonly now: string
}

/** An earlier trace that this tree or environment answers otherwise. */
export interface TraceMiss {
  readonly before: KeyInputs
  readonly now: KeyInputs
  /** Looks with another answer; paths as the command saw them. */
  readonly changed: readonly ChangedLook[]
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
    const looks = await store.record(LOOKS, id)
    const trace = decodeRecord<LooksRecord>(looks, 1)
    if (!looks || !trace) continue
    const answers = await answersOf({ root: await lower(), binds: step.binds }, trace.looks, signal)
    const inputs = tracedInputs(step, id, trace.env, answers)
    const key = stepKey(inputs)
    const record = await findResult(store, key)
    if (record) {
      await store.touch(RESULT, key)
      await store.touch(ANSWERS, last)
      // One that came from elsewhere stays here.
      if (!(await store.touch(LOOKS, id))) await keepTrace(store, stepKey(step.inputs), looks, key)
      return { found: { key, record }, misses }
    }
    const miss = await compare(store, step, last, trace, answers, inputs)
    if (miss) misses.push(miss)
  }
  return { misses }
}

async function compare(
  store: Store,
  { binds }: Traceable,
  last: Digest,
  { looks }: LooksRecord,
  now: readonly string[],
  inputs: KeyInputs,
): Promise<TraceMiss | undefined> {
  const answers = await storedAnswers(store, last)
  const record = await findResult(store, last)
  if (!answers || !record) return undefined
  const changed = looks.flatMap((look, i) => {
    const [kind, path, bind] = look
    if (answers[i] === now[i]) return []
    const place = bind === undefined ? path : `${binds[bind]?.target ?? ''}${path === '/' ? '' : path}`
    return [{ kind, path: place, before: answers[i] ?? '', now: now[i] ?? '' }]
  })
  return { before: new Map(record.inputs), now: inputs, changed }
}

/** Keeps the result of a run that was traced. @param lower the tree that the run was given @returns its key */
export async function putTraced(store: Store, step: Traceable, trace: Trace, lower: Snapshot, record: StepRecord): Promise<Digest> {
  const { looks, env = null } = trace
  const bytes = encodeRecord({ version: 1, looks, env } satisfies LooksRecord)
  const answers = await answersOf({ root: lower, binds: step.binds }, looks)
  const inputs = tracedInputs(step, sha256(bytes), env, answers)
  const key = stepKey(inputs)
  await putAnswers(store, key, answers)
  await putResult(store, key, { ...record, inputs: [...inputs] })
  await keepTrace(store, stepKey(step.inputs), bytes, key)
  return key
}

/** Keeps a trace as the latest of its RUN. @param place key of the RUN @param looks its record @param last key of the latest result */
export async function keepTrace(store: Store, place: Digest, looks: Uint8Array, last: Digest): Promise<void> {
  const id = sha256(looks)
  const before = decodeRecord<TraceRecord>(await store.record(TRACE, place), 1)?.traces ?? []
  const traces = [{ looks: id, last }, ...before.filter((other) => other.looks !== id)].slice(0, MAX_TRACES)
  await store.putRecord(LOOKS, id, looks)
  // Last: what it names is there.
  await store.putRecord(TRACE, place, encodeRecord({ version: 1, traces } satisfies TraceRecord))
}
