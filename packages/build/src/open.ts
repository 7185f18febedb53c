import { decompress } from '@layerwright/layer'
import { emptySnapshot, type Snapshot } from '@layerwright/vfs'
import { RESULT } from './cache/records.js'
import { type IgnoreRules, snapshotOf } from './context/load.js'
import { EntitlementError } from './errors.js'
import { makePlan, type Plan, type PlannedStep, type Tip, tipKey } from './graph/plan.js'
import type { Root } from './graph/root.js'
import type { RootOfStage, SolveOptions } from './graph/solve.js'
import { DEFAULT_CONCURRENCY } from './limits.js'
import { type Resolution, resolveBuild } from './resolve.js'
import type { SourceTree } from './select/sources.js'
import { networkOf } from './steps/run.js'
import type { BuildOptions, ContextNotes, Entitlement } from './types.js'

/** A build before its first step: its graph, and everything that steps need. */
export interface OpenBuild extends Resolution {
  readonly plan: Plan
  readonly solve: SolveOptions
  readonly rootOfStage: RootOfStage
  rootOfTip(tip: Tip, roots: (id: string) => Root | undefined): Promise<Root>
  /** Lets contexts save what they learnt. */
  done(): Promise<void>
}

/** Reads and decides all that can be without running a step. @throws as `build`, for what is wrong before the first step */
export async function openBuild(options: BuildOptions): Promise<OpenBuild> {
  const resolution = await resolveBuild(options)
  const { images, ignore, notes, times, contextTime } = resolution
  const plan = makePlan(resolution.builds)
  checkEntitlements(plan, options)
  const clock = options.clock ?? Date.now
  const context = contextTree(options, ignore, notes, contextTime)
  const taken = [
    options.context,
    ...[...(options.contexts?.values() ?? [])].flatMap((named) => (named.kind === 'files' ? [named.context] : [])),
  ]
  const rootOfTip = async (tip: Tip, roots: (id: string) => Root | undefined): Promise<Root> =>
    tip.kind === 'step' ? roots(tip.id)! : images.root(tip.stage.base)
  return {
    ...resolution,
    plan,
    rootOfTip,
    rootOfStage: (step, stage, roots) => rootOfTip(plan.tips.get(tipKey(step.scope, stage))!, (id) => roots.get(id)),
    async done() {
      await Promise.all(taken.map((each) => each.done?.(notes)))
    },
    solve: {
      store: options.store,
      executor: options.executor,
      onSimulated: simulatedNotice(options),
      onUntraced: untracedNotice(options),
      times,
      decompress: options.decompress ?? decompress,
      secrets: options.secrets ?? new Map(),
      runSettings: options.run ?? {},
      fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
      git: options.git,
      noCache: options.noCache ?? false,
      emptyCache: !(await options.store.hasRecords(RESULT)),
      cache: options.cache ?? {},
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      project: options.context.id ?? '',
      signal: options.signal,
      clock,
      started: clock(),
      emit: options.onEvent,
      baseRoot: (step) => images.root(step.stage.base),
      async source(step, from, rootOf): Promise<SourceTree> {
        if (from.kind === 'context') return context()
        if (from.kind === 'scratch') return plainTree(emptySnapshot(), 'scratch')
        if (from.kind === 'stage') return rootTree(await rootOf(from.stage), stageName(step, from.stage))
        if (options.contexts?.get(from.name)?.kind === 'files') return { ...plainTree(await images.tree(from), from.name), hostTimes: true }
        return rootTree(await images.root(from), from.name)
      },
    },
  }
}

/** Tells each reason once. */
function simulatedNotice({ onEvent }: BuildOptions): (because: string | undefined) => void {
  const told = new Set<string | undefined>()
  return (because) => {
    if (told.has(because)) return
    told.add(because)
    const reason = because === undefined ? '' : ` (${because})`
    onEvent?.({
      type: 'notice',
      code: 'SIMULATED_RUN',
      message: `RUN is simulated by a shell in this process: it runs scripts and common utilities, no binaries or package managers${reason}`,
    })
  }
}

/** Says once for each reason that RUN is not traced. */
function untracedNotice({ onEvent }: BuildOptions): (because: string | undefined) => void {
  const told = new Set<string | undefined>()
  return (because = 'this executor does not tell what commands look at') => {
    if (told.has(because)) return
    told.add(because)
    onEvent?.({ type: 'notice', code: 'NOT_TRACED', message: `RUN is not traced and found by content alone: ${because}` })
  }
}

/** The one gate for privileges: every step of every platform goes through it before anything starts (S25). */
function checkEntitlements(plan: Plan, { allow, run }: BuildOptions): void {
  for (const { step } of plan.steps) {
    if (step.kind !== 'run') continue
    const asked: Entitlement[] = []
    if (step.security === 'insecure') asked.push('security.insecure')
    if (networkOf(step, run) === 'host') asked.push('network.host')
    const denied = asked.find((each) => !allow?.has(each))
    if (denied) {
      const error = new EntitlementError(denied)
      error.lines = { startLine: step.startLine, endLine: step.endLine }
      throw error
    }
  }
}

/** The context's tree, read on first use and once. */
function contextTree(
  { context, modes }: BuildOptions,
  ignore: IgnoreRules,
  notes: ContextNotes,
  mtimeNs: bigint | undefined,
): () => Promise<SourceTree> {
  let tree: Promise<SourceTree> | undefined
  return () => {
    tree ??= (async () => ({
      root: await snapshotOf(context, modes, {
        notes,
        ...(ignore.filter ? { filter: ignore.filter } : {}),
        ...(mtimeNs === undefined ? {} : { mtimeNs }),
      }),
      where: 'the build context',
      hint: ignore.path
        ? `check the spelling, and whether ${ignore.path} leaves it out`
        : 'check the spelling; paths are taken from the root of the context',
      hostTimes: true,
    }))()
    return tree
  }
}

const rootTree = async (root: Root, where: string): Promise<SourceTree> => ({
  ...plainTree(await root.snapshot(), where),
  chain: () => root.chain(),
  diffIds: () => root.diffIds(),
})

const plainTree = (root: Snapshot, where: string): SourceTree => ({
  root,
  where,
  hint: 'check the spelling, and what the steps before leave there',
  hostTimes: false,
})

const stageName = (step: PlannedStep, index: number): string => {
  const stage = step.build.stages.find((other) => other.index === index)
  return `stage ${stage?.name ? `"${stage.name}"` : index}`
}
