import { type Digest, ready } from '@layerwright/digest'
import { applyLayer, layerSnapshot, openLayer } from '@layerwright/layer'
import { applyChanges, emptySnapshot, type LayerChange, type Snapshot } from '@layerwright/vfs'
import { explainLookUp } from './cache/explain/explain.js'
import type { Explanation } from './cache/explain/types.js'
import { stepKey } from './cache/key.js'
import { type LookUp, lookUp } from './cache/look-up.js'
import { isRecordOf } from './cache/records.js'
import { checkOptions } from './check-options.js'
import { StepNotFoundError } from './errors.js'
import type { PlannedStep } from './graph/plan.js'
import { deltaRoot, foreseenRoot, type Root } from './graph/root.js'
import { stepContext } from './graph/solve.js'
import { finishChanges, prepare } from './graph/step.js'
import { type OpenBuild, openBuild } from './open.js'
import type { PreparedStep } from './steps/types.js'
import type { BuildOptions, StepInfo } from './types.js'

/** What a build would do with a step. */
export interface Foreseen extends StepInfo {
  /** `unknown`: it depends on what a step above gives that runs for the first time. */
  readonly outcome: 'cached' | 'run' | 'unknown'
  readonly reason: string
  /** Steps that would run, and of which this outcome takes for granted that they change the same files in the same way as before. */
  readonly assuming: readonly string[]
  /** Absent where the outcome is unknown. */
  readonly explanation?: Explanation
}

export interface BuildPlan {
  readonly version: 1
  readonly steps: readonly Foreseen[]
  /** Stages that no target needs. */
  readonly skipped: readonly { readonly stage: string; readonly reason: string }[]
}

/**
 * Which steps a build would find in its cache, which would run, and why, without running any: no command is started, and no layer is written. Steps that
 * place files are worked out in memory, so what stands on them is known too. A RUN that would run is taken to change what it changed the last time.
 * @throws as `build`, for what is wrong with a Dockerfile or a context
 */
export async function plan(options: BuildOptions): Promise<BuildPlan> {
  checkOptions(options)
  await ready()
  const opened = await openBuild(options)
  const skipped = opened.unneeded.map((stage) => ({ stage, reason: 'no target needs it' }))
  const steps = await foresee(opened).finally(() => opened.done())
  return { version: 1, steps, skipped }
}

/**
 * Why a step would be found in the cache or not.
 * @param id as events have it (`1.3`), as progress shows it (`2/3`, `2`, `build 2/3`) where that is one step, or a line of the instruction as `:LINE`
 * @throws StepNotFoundError, and as `plan`
 */
export async function explain(options: BuildOptions, id: string): Promise<Foreseen> {
  const { steps } = await plan(options)
  const found = steps.find((step) => step.id === id) ?? steps.find(atLine(id)) ?? only(steps.filter(asShown(id)))
  if (!found) throw new StepNotFoundError(id, steps)
  return found
}

const only = <T>(found: readonly T[]): T | undefined => (found.length === 1 ? found[0] : undefined)

function atLine(id: string): (step: Foreseen) => boolean {
  const line = id[0] === ':' ? Number(id.slice(1)) : Number.NaN
  return ({ startLine, endLine }) => startLine <= line && line <= endLine
}

function asShown(id: string): (step: Foreseen) => boolean {
  const [matched, stage, number, of] = /^(?:(.+) )?(\d+)(?:\/(\d+))?$/.exec(id) ?? []
  if (matched === undefined) return () => false
  return (step) => step.number === Number(number) && (of ?? String(step.of)) === String(step.of) && (stage ?? step.stage) === step.stage
}

/** A step that was looked ahead at: the tree behind it, and what had to be assumed to know it. */
interface Ahead {
  readonly root: Root | undefined
  readonly assuming: readonly string[]
}

async function foresee(opened: OpenBuild): Promise<Foreseen[]> {
  const { plan: graph, solve } = opened
  const ahead = new Map<string, Ahead>()
  const roots = new Map<string, Root>()
  const keys = new Map<Digest, string>()
  const steps: Foreseen[] = []
  for (const step of graph.steps) {
    const { info, needs } = step
    const assuming = [...new Set(needs.flatMap((id) => ahead.get(id)!.assuming))]
    const unknown = needs.find((id) => !ahead.get(id)!.root)
    if (unknown !== undefined) {
      ahead.set(info.id, { root: undefined, assuming })
      steps.push({ ...info, outcome: 'unknown', reason: `it depends on what ${unknown} gives`, assuming })
      continue
    }
    const parent = step.parent === undefined ? await solve.baseRoot(step) : roots.get(step.parent)!
    const context = stepContext(step, parent, roots, opened.rootOfStage, solve, solve.signal ?? new AbortController().signal)
    const prepared = await prepare(step, context)
    const key = stepKey(prepared.inputs)
    const twin = keys.get(key)
    const found = await lookUp(step, key, prepared, parent, solve)
    const foreseen = await resultOf(step, key, prepared, parent, found, opened)
    if (twin === undefined) keys.set(key, info.id)
    if (foreseen.root) roots.set(info.id, foreseen.root)
    const cached = found.known !== undefined || twin !== undefined
    const guessed = !cached && step.step.kind === 'run' ? [...assuming, info.id] : assuming
    ahead.set(info.id, { root: foreseen.root, assuming: guessed })
    const explanation = await explainLookUp(solve.store, {
      step,
      key,
      prepared,
      parent,
      strength: context.strength,
      found,
      delta: foreseen.delta,
    })
    const reason = twin !== undefined && !found.known ? `the same step as ${twin} of this build` : explanation.reason
    steps.push({ ...info, outcome: cached ? 'cached' : 'run', reason, assuming, explanation })
  }
  return steps
}

/** The tree behind a step, as far as it can be known without running it. */
async function resultOf(
  { step, info: { instruction } }: PlannedStep,
  key: Digest,
  prepared: PreparedStep,
  parent: Root,
  { known, nearest }: LookUp,
  { solve }: OpenBuild,
): Promise<{ readonly root: Root | undefined; readonly delta: () => Promise<Snapshot | undefined> }> {
  const { store, times } = solve
  if (known && isRecordOf(key, known)) {
    const { diffId, simulated, root } = known
    return { root: deltaRoot(store, parent, { key, instruction, diffId, simulated, digest: root }), delta: async () => undefined }
  }
  const last = known ?? nearest?.record
  if (step.kind === 'run') {
    const layer = last && (await openLayer(store, last.diffId))
    if (!layer) return { root: undefined, delta: async () => undefined }
    return {
      root: foreseenRoot(parent, key, instruction, applyLayer(await parent.snapshot(), layer)),
      delta: async () => layerSnapshot([layer]),
    }
  }
  const made = await prepared.run()
  try {
    const { changes, merged } = await finishChanges(made, times)
    const root = foreseenRoot(parent, key, instruction, await treeWith(parent, changes, merged))
    return { root, delta: async () => applyChanges(emptySnapshot(), changes) }
  } finally {
    made.release?.()
  }
}

/** As `build` has it: what the root directory itself is like is no part of a layer. */
async function treeWith(parent: Root, changes: readonly LayerChange[], merged: Snapshot | undefined): Promise<Snapshot> {
  const lower = await parent.snapshot()
  if (!merged) return applyChanges(lower, changes)
  const { mode, uid, gid, mtimeNs, xattrs } = lower
  return { ...merged, mode, uid, gid, mtimeNs, xattrs }
}
