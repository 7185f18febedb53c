import type { Digest } from '@layerwright/digest'
import type { ResolvedSource } from '@layerwright/dockerfile'
import type { Executor } from '@layerwright/executor'
import type { Decompress } from '@layerwright/layer'
import { BuildCancelledError, BuildError } from '../errors.js'
import type { Fetch, GitClient } from '../remote/types.js'
import type { SourceTree } from '../select/sources.js'
import type { StepContext } from '../steps/types.js'
import type { RunSettings, StepReport } from '../types.js'
import { type LayerAhead, layerAhead } from './ahead.js'
import { createLimiter } from './limiter.js'
import type { Plan, PlannedStep } from './plan.js'
import type { Root } from './root.js'
import { type Running, type StepOptions, type StepOutcomeReport, solveStep } from './step.js'

export interface SolveOptions extends StepOptions {
  readonly executor: Executor | undefined
  /** Called for each step that will be simulated. */
  onSimulated(because: string | undefined): void
  /** Called for each step that will not be traced although that is asked for. */
  onUntraced(because: string | undefined): void
  readonly decompress: Decompress
  readonly secrets: ReadonlyMap<string, Uint8Array>
  readonly runSettings: RunSettings
  readonly fetch: Fetch
  readonly git: GitClient | undefined
  readonly concurrency: number
  /** When the build began, by `clock`. */
  readonly started: number
  /** The root a stage begins with, where that is no step of this plan. */
  baseRoot(step: PlannedStep): Promise<Root>
  /** The tree behind a `--from`; `rootOf` gives the result of a stage of the same build. */
  source(step: PlannedStep, from: ResolvedSource, rootOf: (stage: number) => Promise<Root>): Promise<SourceTree>
}

/** The result of a stage of the same build, as far as it is solved. */
export type RootOfStage = (step: PlannedStep, stage: number, roots: ReadonlyMap<string, Root>) => Promise<Root>

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
export async function solve(plan: Plan, rootOfStage: RootOfStage, options: SolveOptions): Promise<Solved> {
  const limit = createLimiter(options.concurrency)
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  const roots = new Map<string, Root>()
  const reports = new Map<string, StepReport>()
  const running = new Map<string, Promise<void>>()
  const byKey = new Map<Digest, Running>()
  let failure: unknown

  const runStep = async (step: PlannedStep): Promise<void> => {
    for (const id of step.needs) await running.get(id)
    if (signal.aborted || step.needs.some((id) => !roots.has(id))) return
    await limit(async () => {
      if (signal.aborted) return
      const started = options.clock()
      const finish = (report: StepOutcomeReport) => {
        const { id, stage, number, of, instruction, startLine, endLine } = step.info
        const times = { startedMs: started - options.started, durationMs: options.clock() - started }
        // Each by its name: engines take 30 times as long for an object that begins as a copy of another and grows.
        const full: StepReport = { id, stage, number, of, instruction, startLine, endLine, ...times, ...report }
        reports.set(id, full)
        options.emit?.({ type: 'step.finished', ...full })
      }
      let ahead: LayerAhead | undefined
      try {
        const parent = step.parent === undefined ? await options.baseRoot(step) : roots.get(step.parent)!
        ahead = layerAhead(step, parent, signal, options)
        const context = stepContext(step, parent, roots, rootOfStage, options, signal, ahead)
        const { root, report } = await solveStep(step, context, options, byKey, ahead)
        roots.set(step.info.id, root)
        finish(report)
      } catch (error) {
        if (signal.aborted && failure === undefined) failure = new BuildCancelledError()
        failure ??= error
        if (error instanceof BuildError) error.lines ??= { startLine: step.info.startLine, endLine: step.info.endLine }
        finish({ outcome: signal.aborted ? 'cancelled' : 'failed', reason: error instanceof Error ? error.message : String(error) })
        stop.abort(error)
      } finally {
        ahead?.abort()
      }
    })
  }
  for (const step of plan.steps) running.set(step.info.id, runStep(step))
  await Promise.all(running.values())

  if (failure === undefined && options.signal?.aborted) failure = new BuildCancelledError()
  for (const { info } of plan.steps) {
    if (reports.has(info.id)) continue
    const report: StepReport = {
      ...info,
      outcome: 'skipped',
      reason: 'an earlier step failed or the build was cancelled',
      startedMs: 0,
      durationMs: 0,
    }
    reports.set(info.id, report)
    options.emit?.({ type: 'step.finished', ...report })
  }
  if (failure !== undefined) throw failure
  return { steps: plan.steps.map(({ info }) => reports.get(info.id)!), root: (id) => roots.get(id)! }
}

/** What a step is given. */
export function stepContext(
  step: PlannedStep,
  root: Root,
  roots: ReadonlyMap<string, Root>,
  rootOfStage: RootOfStage,
  options: SolveOptions,
  signal: AbortSignal,
  ahead?: LayerAhead,
): StepContext {
  let decoders: Record<'stdout' | 'stderr', TextDecoder> | undefined
  return {
    root,
    platform: step.stage.platform,
    times: options.times,
    store: options.store,
    executor: options.executor,
    onSimulated: options.onSimulated,
    onUntraced: options.onUntraced,
    decompress: options.decompress,
    secrets: options.secrets,
    runSettings: options.runSettings,
    fetch: options.fetch,
    git: options.git,
    signal,
    strength: options.cache.strength ?? 'content',
    source: (from) => options.source(step, from, (stage) => rootOfStage(step, stage, roots)),
    ahead: ahead?.write,
    onOutput(stream, bytes) {
      decoders ??= { stdout: new TextDecoder(), stderr: new TextDecoder() }
      options.emit?.({ type: 'step.output', id: step.info.id, stream, text: decoders[stream].decode(bytes, { stream: true }) })
    },
  }
}
