import { ready } from '@layerwright/digest'
import { decompress } from '@layerwright/layer'
import type { Store, StoreMaintenance } from '@layerwright/store'
import { emptySnapshot, type Snapshot } from '@layerwright/vfs'
import { assembleImage } from './assemble.js'
import { findResult } from './cache/records.js'
import { inlineAnnotation } from './cache/shared/inline.js'
import { type Build, withSharedCaches } from './cache/shared/with.js'
import { type IgnoreRules, snapshotOf } from './context/load.js'
import { BuildCancelledError, EntitlementError } from './errors.js'
import { type BuildGraph, graphData } from './graph/data.js'
import { makePlan, type Plan, type PlannedStep, type Tip, tipKey } from './graph/plan.js'
import type { Root } from './graph/root.js'
import { solve } from './graph/solve.js'
import { DEFAULT_CONCURRENCY } from './limits.js'
import { resolveBuild } from './resolve.js'
import type { SourceTree } from './select/sources.js'
import { networkOf } from './steps/run.js'
import type { BuildOptions, BuildResult, BuiltImage, ContextNotes, Entitlement, StepReport } from './types.js'

/**
 * Builds a Dockerfile into one image per target and platform. Everything comes in through `options`; nothing global is read or changed, so builds may
 * run side by side in one process and on one store.
 * @throws DockerfileSyntaxError, ResolveError, WordError and MountError (from @layerwright/dockerfile), IgnoreFileError, BuildError, ExecutorError, StoreError:
 *   each with a stable `code`. A failed or cancelled build leaves the store as it was, but for the results of steps that had finished.
 */
export async function build(options: BuildOptions): Promise<BuildResult> {
  await ready()
  const store: Store & Partial<StoreMaintenance> = options.store
  const work = () => withSharedCaches(options, buildAll)
  return store.lease ? store.lease(work) : work()
}

const buildAll: Build = async (options, fetchAll) => {
  if (options.signal?.aborted) throw new BuildCancelledError()
  const clock = options.clock ?? Date.now
  const started = clock()
  const emit = options.onEvent ?? (() => {})

  const { builds, warnings, images, ignore, notes, times, contextTime } = await resolveBuild(options)
  for (const warning of warnings) emit({ type: 'warning', warning })
  const plan = makePlan(builds)
  checkEntitlements(plan, options)
  emit({ type: 'build.started', steps: plan.steps.map(({ info }) => info) })
  if (options.executor?.simulated && plan.steps.some(({ step }) => step.kind === 'run')) {
    emit({
      type: 'notice',
      code: 'SIMULATED_RUN',
      message: 'RUN is simulated by a shell in this process: it runs scripts and common utilities, no binaries or package managers',
    })
  }

  const rootOfTip = async (tip: Tip, roots: (id: string) => Root | undefined): Promise<Root> =>
    tip.kind === 'step' ? roots(tip.id)! : images.root(tip.stage.base)
  const context = contextTree(options, ignore, notes, contextTime)
  const taken = [
    options.context,
    ...[...(options.contexts?.values() ?? [])].flatMap((named) => (named.kind === 'files' ? [named.context] : [])),
  ]
  const solved = await solve(plan, (step, stage, roots) => rootOfTip(plan.tips.get(tipKey(step.scope, stage))!, (id) => roots.get(id)), {
    store: options.store,
    executor: options.executor,
    times,
    decompress: options.decompress ?? decompress,
    secrets: options.secrets ?? new Map(),
    runSettings: options.run ?? {},
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    git: options.git,
    noCache: options.noCache ?? false,
    cache: options.cache ?? {},
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    project: options.context.id ?? '',
    signal: options.signal,
    clock,
    started,
    emit,
    baseRoot: (step) => images.root(step.stage.base),
    async source(step, from, rootOf): Promise<SourceTree> {
      if (from.kind === 'context') return context()
      if (from.kind === 'scratch') return plainTree(emptySnapshot(), 'scratch')
      if (from.kind === 'stage') return rootTree(await rootOf(from.stage), stageName(step, from.stage))
      if (options.contexts?.get(from.name)?.kind === 'files') return { ...plainTree(await images.tree(from), from.name), hostTimes: true }
      return rootTree(await images.root(from), from.name)
    },
  }).finally(() => Promise.all(taken.map((each) => each.done?.(notes))))

  const built: BuiltImage[] = []
  for (const target of plan.targets) {
    const root = await rootOfTip(target.tip, solved.root)
    await fetchAll?.(await root.diffIds())
    const annotations = options.inlineCache ? await inlineOf(options, root, solved.steps) : options.annotations
    built.push(await assembleImage(target, root, images, times, { ...options, ...(annotations ? { annotations } : {}) }))
  }
  emit({ type: 'build.finished', digests: built.map(({ image }) => image.digest), durationMs: clock() - started })
  const graph = graphData(plan, new Set(options.contexts?.keys()), solved.steps)
  return { images: built, image: built[0]!.image, steps: solved.steps, warnings, graph }
}

async function inlineOf({ store, annotations = new Map() }: BuildOptions, root: Root, steps: readonly StepReport[]) {
  const records = []
  for (const key of new Set(steps.flatMap((step) => step.key ?? []))) {
    const record = await findResult(store, key)
    if (record) records.push({ key, record })
  }
  return new Map([...annotations, ...Object.entries(inlineAnnotation(await root.diffIds(), records))])
}

/**
 * What `build` would do, as data, without running or reading anything but the Dockerfile, the ignore file and the configs of base images.
 * @throws as `build`, for what is wrong before the first step
 */
export async function planBuild(options: BuildOptions): Promise<BuildGraph> {
  await ready()
  const plan = makePlan((await resolveBuild(options)).builds)
  checkEntitlements(plan, options)
  return graphData(plan, new Set(options.contexts?.keys()))
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
