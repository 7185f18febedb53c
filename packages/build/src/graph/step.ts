import type { Digest } from '@layerwright/digest'
import { applyLayer, layerSnapshot, storeLayer } from '@layerwright/layer'
import type { Blob, Store, StoreMaintenance } from '@layerwright/store'
import { treeDigest } from '@layerwright/vfs'
import { explainLookUp } from '../cache/explain/explain.js'
import { stepKey } from '../cache/key.js'
import { lookUp } from '../cache/look-up.js'
import type { CacheOptions } from '../cache/options.js'
import { findResult, isRecordOf, leaveTrail, putResult, type StepRecord } from '../cache/records.js'
import { putTraced } from '../cache/trace/records.js'
import { writtenOf } from '../cache/written.js'
import { BuildCancelledError } from '../errors.js'
import { prepareCopy } from '../steps/copy.js'
import { prepareRun } from '../steps/run.js'
import type { PreparedStep, StepChanges, StepContext } from '../steps/types.js'
import { withoutUnchanged } from '../steps/unchanged.js'
import { prepareWorkdir } from '../steps/workdir.js'
import { clampTimes, type TimePolicy } from '../times.js'
import type { BuildEvent, StepReport } from '../types.js'
import type { LayerAhead } from './ahead.js'
import type { PlannedStep } from './plan.js'
import { deltaRoot, type Made, openExisting, type Root } from './root.js'

/** What one step needs of the build around it. */
export interface StepOptions {
  readonly store: Store
  readonly times: TimePolicy
  readonly noCache: boolean
  /** There was no result of any step when the build began. */
  readonly emptyCache: boolean
  readonly cache: CacheOptions
  readonly clock: () => number
  /** See `BuildContext.id`. */
  readonly project: string
  readonly signal: AbortSignal | undefined
  /** Absent where nobody listens. */
  readonly emit: ((event: BuildEvent) => void) | undefined
}

/** A step with its key, not run. */
export function prepare({ step }: PlannedStep, context: StepContext): Promise<PreparedStep> {
  if (step.kind === 'run') return prepareRun(step, context)
  if (step.kind === 'workdir') return prepareWorkdir(step, context)
  return prepareCopy(step, context)
}

/** What the layer will hold. The merged tree is given only while it is still exactly that. */
export async function finishChanges(made: StepChanges, times: TimePolicy): Promise<StepChanges> {
  const clamped = clampTimes(made, times)
  if (!made.lower) return clamped
  const changes = await withoutUnchanged(made.lower, clamped.changes)
  return changes === clamped.changes ? clamped : { changes }
}

/** What a step has to say of itself. */
export type StepOutcomeReport = Pick<StepReport, 'outcome' | 'reason' | 'layer' | 'key' | 'explanation' | 'tracing'>

export interface StepResult {
  readonly root: Root
  readonly report: StepOutcomeReport
}

/** A step of this build that has a key: another one with the same key waits for it and takes what it made. */
export interface Running {
  readonly id: string
  readonly record: Promise<StepRecord | undefined>
}

/**
 * One step: its key, then either the stored delta or a run whose delta is stored.
 * @param ahead what `context` writes ahead
 */
export async function solveStep(
  step: PlannedStep,
  context: StepContext,
  options: StepOptions,
  byKey: Map<Digest, Running>,
  ahead: LayerAhead,
): Promise<StepResult> {
  const { store } = options
  const { root: parent } = context
  const prepared = await prepare(step, context)
  const key = stepKey(prepared.inputs)
  const twin = byKey.get(key)
  if (twin) {
    const record = await twin.record
    if (!record) throw new BuildCancelledError() // its failure is the build's, and is reported
    return fromRecord(key, record, parent, store, `the same step as ${twin.id} of this build`)
  }
  const settle = announce(byKey, key, step.info.id)
  try {
    const found = await lookUp(step, key, prepared, parent, options)
    const { reason, before } = found
    if (found.known) {
      const hit = await onThisRoot(key, found.known, found.blob, prepared, parent, store)
      settle(hit.record)
      return fromRecord(key, hit.record, parent, store, reason, hit.layer)
    }
    return await alone(store, key, context.signal, async () => {
      const meanwhile = options.noCache ? undefined : await findResult(store, key)
      if (meanwhile && !isSame(meanwhile, before)) {
        settle(meanwhile)
        return fromRecord(key, meanwhile, parent, store, 'another build has made it meanwhile')
      }
      options.emit?.({ type: 'step.started', ...step.info })
      const { record, known: made, trace, tracing } = await runPrepared(step, prepared, parent, context, options, reason, ahead)
      const traced =
        prepared.traceable && typeof trace === 'object'
          ? await putTraced(store, prepared.traceable, trace, await parent.snapshot(), record)
          : undefined
      await putResult(store, key, traced ? { ...record, traced } : record)
      await leaveTrail(store, options.project, step, key, context.strength, record.madeAt)
      settle(record)
      const explanation = options.cache.explain
        ? await explainLookUp(store, {
            step,
            key,
            prepared,
            parent,
            strength: context.strength,
            found,
            delta: async () => layerSnapshot([made.layer]),
          })
        : undefined
      const untraced = typeof trace === 'string' ? `; it cannot be traced: ${trace}` : ''
      const said = (explanation?.reason ?? reason) + untraced + (tracing ? tracingWords(tracing) : '')
      const more = { ...(explanation ? { explanation } : {}), ...(tracing ? { tracing } : {}) }
      const { root, report } = fromRecord(key, record, parent, store, said, made)
      return { root, report: { ...report, ...more, outcome: 'ran' } }
    })
  } finally {
    settle(undefined)
  }
}

const tracingWords = ({ calls, tracerMs }: NonNullable<StepChanges['tracing']>): string =>
  `; traced ${calls} calls, which took ${(tracerMs / 1000).toFixed(2)} s of processor time`

/** Runs a step while no other build on this store, of this process or another, runs the same: who comes second finds what the first has made. */
const alone = <T>(store: Store & Partial<StoreMaintenance>, key: Digest, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
  store.lock ? store.lock(`step ${key}`, work, signal) : work()

const isSame = (a: StepRecord, b: StepRecord | undefined): boolean =>
  a.diffId === b?.diffId && a.madeAt === b.madeAt && a.evicted === b.evicted

/**
 * A record as it is on this step's root. One that was found by its trace was made on another: its layer is laid over this one, and the next build finds
 * it by its key.
 */
async function onThisRoot(
  key: Digest,
  record: StepRecord,
  blob: Blob | undefined,
  { inputs, traceable }: PreparedStep,
  parent: Root,
  store: Store,
): Promise<{ readonly record: StepRecord; readonly layer: Made | Blob | undefined }> {
  if (!traceable || isRecordOf(key, record)) return { record, layer: blob }
  const layer = await openExisting(store, record.diffId)
  const snapshot = applyLayer(await parent.snapshot(), layer)
  const moved: StepRecord = { ...record, inputs: [...inputs], root: await treeDigest(snapshot, 'exact'), traced: keyOf(record) }
  await putResult(store, key, moved)
  return { record: moved, layer: { layer, snapshot } }
}

const keyOf = ({ inputs }: StepRecord): Digest => stepKey(new Map(inputs))

function belowOf({ origin }: Root): NonNullable<StepRecord['below']> {
  if (origin.kind === 'step') return { key: origin.key }
  return origin.digest ? { base: origin.name, digest: origin.digest } : { base: origin.name }
}

/** Makes a key known as being worked on; the first call of what it gives settles it. */
function announce(byKey: Map<Digest, Running>, key: Digest, id: string): (record: StepRecord | undefined) => void {
  let settle: (record: StepRecord | undefined) => void = () => {}
  byKey.set(key, {
    id,
    record: new Promise((resolve) => {
      settle = resolve
    }),
  })
  return settle
}

/** @param layer as far as it is at hand */
function fromRecord(key: Digest, record: StepRecord, parent: Root, store: Store, reason: string, layer?: Made | Blob): StepResult {
  const { diffId, size, entries, simulated, root, instruction } = record
  return {
    root: deltaRoot(store, parent, { key, instruction, diffId, simulated, digest: root }, layer),
    report: { outcome: 'cached', key, reason, layer: { diffId, entries, bytes: size } },
  }
}

/** Writes a step's layer, and frees what it was written from. */
async function storeChanges(made: StepChanges, signal: AbortSignal, { store, times }: StepOptions, ahead: LayerAhead) {
  try {
    if (signal.aborted) throw new BuildCancelledError()
    const written = ahead.take(made)
    if (written) return { layer: await written.draft.commit(), merged: written.merged, trace: made.trace, tracing: made.tracing }
    const { changes, merged } = await finishChanges(made, times)
    if (signal.aborted) throw new BuildCancelledError()
    return { layer: await storeLayer(store, changes), merged, trace: made.trace, tracing: made.tracing }
  } finally {
    made.release?.()
  }
}

async function runPrepared(
  step: PlannedStep,
  prepared: PreparedStep,
  parent: Root,
  context: StepContext,
  options: StepOptions,
  reason: string,
  ahead: LayerAhead,
): Promise<{ record: StepRecord; known: Made; trace: StepChanges['trace']; tracing: StepChanges['tracing'] }> {
  const { info } = step
  const written = writtenOf(step)
  const { layer, merged, trace, tracing } = await storeChanges(await prepared.run(), context.signal, options, ahead)
  const lower = await parent.snapshot()
  // A layer does not hold what the root directory itself is like: a tree that came from the cache would not know either.
  const { mode, uid, gid, mtimeNs, xattrs } = lower
  const snapshot = merged ? { ...merged, mode, uid, gid, mtimeNs, xattrs } : applyLayer(lower, layer)
  const { size, entries } = layer.index
  const record: StepRecord = {
    version: 1,
    inputs: [...prepared.inputs],
    diffId: layer.diffId,
    size,
    entries,
    root: await treeDigest(snapshot, 'exact'),
    simulated: prepared.simulated,
    madeAt: options.clock(),
    stage: info.stage,
    instruction: info.instruction,
    reason,
    ...(written ? { written } : {}),
    below: belowOf(parent),
  }
  return { record, known: { layer, snapshot }, trace, tracing }
}
