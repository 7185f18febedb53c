import { ready } from '@layerwright/digest'
import { openDockerfile, type Platform, parsePlatform, type ResolvedBuild, type ResolveWarning, resolveDockerfile } from '@layerwright/dockerfile'
import { decompress } from '@layerwright/layer'
import { emptySnapshot, type Snapshot } from '@layerwright/vfs'
import { assembleImage } from './assemble.js'
import { type IgnoreRules, loadDockerfile, loadIgnoreRules } from './context/load.js'
import { BuildCancelledError, EntitlementError, InvalidPlatformError } from './errors.js'
import { makePlan, type Plan, type PlannedStep, type Tip, tipKey } from './graph/plan.js'
import type { Root } from './graph/root.js'
import { solve } from './graph/solve.js'
import { createImages } from './images.js'
import { DEFAULT_CONCURRENCY } from './limits.js'
import type { SourceTree } from './select/sources.js'
import { timePolicy } from './times.js'
import type { BuildContext, BuildOptions, BuildResult, BuiltImage, ContextNotes } from './types.js'

const DEFAULT_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' }

/**
 * Builds a Dockerfile into one image per platform. Everything comes in through `options`; nothing global is read or changed, so builds may
 * run side by side in one process and on one store.
 * @throws DockerfileSyntaxError, ResolveError, WordError and MountError (from @layerwright/dockerfile), IgnoreFileError, BuildError, ExecutorError, StoreError:
 *   each with a stable `code`. A failed or cancelled build leaves the store as it was, but for the results of steps that had finished.
 */
export async function build(options: BuildOptions): Promise<BuildResult> {
  await ready()
  if (options.signal?.aborted) throw new BuildCancelledError()
  const clock = options.clock ?? Date.now
  const started = clock()
  const emit = options.onEvent ?? (() => {})

  const dockerfile = openDockerfile(await loadDockerfile(options), { buildArgs: buildArgsOf(options) })
  const ignore = await loadIgnoreRules(options.context, options.dockerfile ?? 'Dockerfile')
  const notes = storeNotes(options)
  let contextTime: bigint | undefined
  const images = createImages(options, notes, () => contextTime)
  const builds: { platform: Platform; build: ResolvedBuild }[] = []
  // Without a platform asked for, the base image decides: not the same as asking for the default.
  for (const platform of options.platforms?.map(readPlatform) ?? [undefined]) {
    const build = await resolveDockerfile(dockerfile, {
      ...(options.target === undefined ? {} : { target: options.target }),
      buildArgs: buildArgsOf(options),
      ...(options.labels ? { labels: options.labels } : {}),
      ...(platform ? { platform } : {}),
      contexts: new Set(options.contexts?.keys()),
      base: images.base,
      ignorePatterns: ignore.patterns,
    }).catch((error: unknown) => {
      if (options.signal?.aborted) throw new BuildCancelledError()
      throw error
    })
    builds.push({ platform: platform ?? DEFAULT_PLATFORM, build })
  }
  const warnings = builds[0]?.build.warnings ?? []
  for (const warning of warnings) emit({ type: 'warning', warning })

  const times = timePolicy(options, builds[0]?.build.sourceDateEpoch)
  contextTime = times.mode === 'fixed' ? times.nowNs() : undefined
  const plan = makePlan(builds)
  checkEntitlements(plan)
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
  const context = contextTree(options.context, ignore, notes, contextTime)
  const taken = [
    options.context,
    ...[...(options.contexts?.values() ?? [])].flatMap((named) => (named.kind === 'files' ? [named.context] : [])),
  ]
  const solved = await solve(
    plan,
    (step, stage, roots) => rootOfTip(plan.tips.get(tipKey(step.build, stage, step.prefix))!, (id) => roots.get(id)),
    {
      store: options.store,
      executor: options.executor,
      times,
      decompress: options.decompress ?? decompress,
      secrets: options.secrets ?? new Map(),
      noCache: options.noCache ?? false,
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      project: options.context.id ?? '',
      signal: options.signal,
      clock,
      emit,
      baseRoot: (step) => images.root(step.stage.base),
      async source(step, from, rootOf): Promise<SourceTree> {
        if (from.kind === 'context') return context()
        if (from.kind === 'scratch') return plainTree(emptySnapshot(), 'scratch')
        if (from.kind === 'image') return plainTree(await images.tree(from), from.name)
        return plainTree(await (await rootOf(from.stage)).snapshot(), stageName(step, from.stage))
      },
    },
  ).finally(() => Promise.all(taken.map((each) => each.done?.(notes))))

  const built: BuiltImage[] = []
  for (const target of plan.targets) {
    const root = await rootOfTip(target.tip, solved.root)
    built.push(await assembleImage(target, root, images, times, options))
  }
  emit({ type: 'build.finished', digests: built.map(({ image }) => image.digest), durationMs: clock() - started })
  return { images: built, image: built[0]!.image, steps: solved.steps, warnings: warnings as readonly ResolveWarning[] }
}

function readPlatform(platform: Platform | string): Platform {
  if (typeof platform !== 'string') return platform
  try {
    return parsePlatform(platform)
  } catch (error) {
    throw new InvalidPlatformError(platform, error)
  }
}

/** `sourceDateEpoch` is a build argument to the language, as it is to the reference. */
function buildArgsOf({ buildArgs, sourceDateEpoch }: BuildOptions): ReadonlyMap<string, string> {
  return sourceDateEpoch === undefined
    ? (buildArgs ?? new Map())
    : new Map([...(buildArgs ?? []), ['SOURCE_DATE_EPOCH', String(sourceDateEpoch)]])
}

/** The one gate for privileges: every step of every platform goes through it before anything starts (S25). */
function checkEntitlements(plan: Plan): void {
  for (const { step } of plan.steps) {
    if (step.kind !== 'run') continue
    const denied = step.security === 'insecure' ? 'security.insecure' : step.network === 'host' ? 'network.host' : undefined
    if (denied) {
      const error = new EntitlementError(denied)
      error.lines = { startLine: step.startLine, endLine: step.endLine }
      throw error
    }
  }
}

/** The context's tree, read on first use and once. */
function contextTree(
  context: BuildContext,
  ignore: IgnoreRules,
  notes: ContextNotes,
  mtimeNs: bigint | undefined,
): () => Promise<SourceTree> {
  let tree: Promise<SourceTree> | undefined
  return () => {
    tree ??= (async () => ({
      root: await context.snapshot({
        notes,
        ...(ignore.filter ? { filter: ignore.filter } : {}),
        ...(mtimeNs === undefined ? {} : { mtimeNs }),
      }),
      where: 'the build context',
      hint: (path) =>
        ignore.path
          ? `check the spelling, and whether ${ignore.path} leaves it out: ${path}`
          : `check the spelling; paths are taken from the root of the context: ${path}`,
    }))()
    return tree
  }
}

const plainTree = (root: Snapshot, where: string): SourceTree => ({
  root,
  where,
  hint: (path) => `see what ${where} really holds: there is no ${path}`,
})

const stageName = (step: PlannedStep, index: number): string => {
  const stage = step.build.stages.find((other) => other.index === index)
  return `stage ${stage?.name ? `"${stage.name}"` : index}`
}

/** What contexts remember between builds lies in the store, as records of one kind. */
function storeNotes({ store }: BuildOptions): ContextNotes {
  return { load: (name) => store.record('context-note', name), save: (name, bytes) => store.putRecord('context-note', name, bytes) }
}
