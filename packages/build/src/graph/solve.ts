import type { ResolvedSource } from '@layerwright/dockerfile'
import type { Executor } from '@layerwright/executor'
import { applyLayer, type Decompress, storeLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { treeDigest } from '@layerwright/vfs'
import { explainDifference, stepKey } from '../cache/key.js'
import { findResult, lastInputs, saveResult } from '../cache/records.js'
import { BuildCancelledError, BuildError } from '../errors.js'
import type { SourceTree } from '../select/sources.js'
import { prepareCopy } from '../steps/copy.js'
import { prepareRun } from '../steps/run.js'
import type { PreparedStep, StepChanges, StepContext } from '../steps/types.js'
import { withoutUnchanged } from '../steps/unchanged.js'
import { prepareWorkdir } from '../steps/workdir.js'
import { clampTimes, type TimePolicy } from '../times.js'
import type { BuildEvent, StepReport } from '../types.js'
import { createLimiter } from './limiter.js'
import type { Plan, PlannedStep } from './plan.js'
import { deltaRoot, type Root } from './root.js'

export interface SolveOptions {
  readonly store: Store
  readonly executor: Executor | undefined
  readonly times: TimePolicy
  readonly decompress: Decompress
  readonly secrets: ReadonlyMap<string, Uint8Array>
  readonly noCache: boolean
  readonly concurrency: number
  /** See `BuildContext.id`. */
  readonly project: string
  readonly signal: AbortSignal | undefined
  readonly clock: () => number
  emit(event: BuildEvent): void
  /** The root a stage begins with, where that is no step of this plan. */
  baseRoot(step: PlannedStep): Promise<Root>
  /** The tree behind a `--from`; `rootOf` gives the result of a stage of the same build. */
  source(step: PlannedStep, from: ResolvedSource, rootOf: (stage: number) => Promise<Root>): Promise<SourceTree>
}

export interface Solved {
  /** In plan order; steps that were never reached are `skipped`. */
  readonly steps: readonly StepReport[]
  root(id: string): Root
}

/**
 * Solves the graph: each step as soon as what it needs is there, stages side by side. The first failure cancels what
 * has not begun; nothing of an unfinished step is kept.
 * @throws the first step's error, with its lines
 */
export async function solve(
  plan: Plan,
  rootOfStage: (step: PlannedStep, stage: number, roots: ReadonlyMap<string, Root>) => Promise<Root>,
  options: SolveOptions,
): Promise<Solved> {
  const limit = createLimiter(options.concurrency)
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  const roots = new Map<string, Root>()
  const reports = new Map<string, StepReport>()
  const running = new Map<string, Promise<void>>()
  let failure: unknown

  const runStep = async (step: PlannedStep): Promise<void> => {
    await Promise.all(step.needs.map((id) => running.get(id)))
    if (signal.aborted || step.needs.some((id) => !roots.has(id))) return
    await limit(async () => {
      if (signal.aborted) return
      const started = options.clock()
      const finish = (report: Pick<StepReport, 'outcome' | 'reason' | 'layer'>) => {
        const full: StepReport = { ...step.info, ...report, durationMs: options.clock() - started }
        reports.set(step.info.id, full)
        options.emit({ type: 'step.finished', ...full })
      }
      try {
        const parent = step.parent === undefined ? await options.baseRoot(step) : roots.get(step.parent)!
        const context = stepContext(step, parent, roots, rootOfStage, options, signal)
        const { root, ...report } = await solveStep(step, parent, context, options)
        roots.set(step.info.id, root)
        finish(report)
      } catch (error) {
        if (signal.aborted && failure === undefined) failure = new BuildCancelledError()
        failure ??= error
        if (error instanceof BuildError) error.lines ??= { startLine: step.info.startLine, endLine: step.info.endLine }
        finish({ outcome: signal.aborted ? 'cancelled' : 'failed', reason: error instanceof Error ? error.message : String(error) })
        stop.abort(error)
      }
    })
  }
  for (const step of plan.steps) running.set(step.info.id, runStep(step))
  await Promise.all(running.values())

  if (failure === undefined && options.signal?.aborted) failure = new BuildCancelledError()
  for (const { info } of plan.steps) {
    if (reports.has(info.id)) continue
    const report: StepReport = { ...info, outcome: 'skipped', reason: 'an earlier step failed or the build was cancelled', durationMs: 0 }
    reports.set(info.id, report)
    options.emit({ type: 'step.finished', ...report })
  }
  if (failure !== undefined) throw failure
  return { steps: plan.steps.map(({ info }) => reports.get(info.id)!), root: (id) => roots.get(id)! }
}

function stepContext(
  step: PlannedStep,
  root: Root,
  roots: ReadonlyMap<string, Root>,
  rootOfStage: (step: PlannedStep, stage: number, roots: ReadonlyMap<string, Root>) => Promise<Root>,
  options: SolveOptions,
  signal: AbortSignal,
): StepContext {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  return {
    root,
    platform: step.stage.platform,
    times: options.times,
    store: options.store,
    executor: options.executor,
    decompress: options.decompress,
    secrets: options.secrets,
    signal,
    source: (from) => options.source(step, from, (stage) => rootOfStage(step, stage, roots)),
    onOutput: (stream, bytes) =>
      options.emit({ type: 'step.output', id: step.info.id, stream, text: decoders[stream].decode(bytes, { stream: true }) }),
  }
}

function prepare({ step }: PlannedStep, context: StepContext): Promise<PreparedStep> {
  if (step.kind === 'run') return prepareRun(step, context)
  if (step.kind === 'workdir') return prepareWorkdir(step, context)
  return prepareCopy(step, context)
}

/** What the layer will hold. The merged tree is given only while it is still exactly that. */
async function finishChanges(made: StepChanges, times: TimePolicy): Promise<StepChanges> {
  const clamped = clampTimes(made, times)
  if (!made.lower) return clamped
  const changes = await withoutUnchanged(made.lower, clamped.changes)
  return changes === clamped.changes ? clamped : { changes }
}

type StepResult = Pick<StepReport, 'outcome' | 'reason' | 'layer'> & { readonly root: Root }

/** One step: its key, then either the stored delta or a run whose delta is stored. */
async function solveStep(step: PlannedStep, parent: Root, context: StepContext, options: SolveOptions): Promise<StepResult> {
  const { store } = options
  const prepared = await prepare(step, context)
  const key = stepKey(prepared.inputs)
  const known = options.noCache ? undefined : await findResult(store, key)
  if (known) {
    const root = deltaRoot(store, parent, { diffId: known.diffId, simulated: known.simulated, digest: known.root })
    return {
      outcome: 'cached',
      reason: 'same inputs as before',
      layer: { diffId: known.diffId, entries: known.entries, bytes: known.size },
      root,
    }
  }
  const before = await lastInputs(store, options.project, step)
  const reason = options.noCache ? 'asked to run everything' : before ? explainDifference(before, prepared.inputs) : 'first time'
  options.emit({ type: 'step.started', ...step.info })
  const { changes, merged } = await finishChanges(await prepared.run(), options.times)
  if (context.signal.aborted) throw new BuildCancelledError()
  const layer = await storeLayer(store, changes)
  const lower = await parent.snapshot()
  // A layer does not hold what the root directory itself is like: a tree that came from the cache would not know either.
  const { mode, uid, gid, mtimeNs, xattrs } = lower
  const snapshot = merged ? { ...merged, mode, uid, gid, mtimeNs, xattrs } : applyLayer(lower, layer)
  const digest = await treeDigest(snapshot, 'exact')
  const { diffId } = layer
  const { size, entries } = layer.index
  await saveResult(store, options.project, step, key, {
    inputs: [...prepared.inputs],
    diffId,
    size,
    entries,
    root: digest,
    simulated: prepared.simulated,
  })
  const root = deltaRoot(store, parent, { diffId, simulated: prepared.simulated, digest }, { layer, snapshot })
  return { outcome: 'ran', reason, layer: { diffId, entries, bytes: size }, root }
}
