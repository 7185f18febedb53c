import type { Dockerfile } from '../dockerfile-types.js'
import { LintReporter } from '../lint/reporter.js'
import { rules } from '../lint/rules.js'
import { checkCasing, checkStageNames } from '../lint/stage-checks.js'
import { expandWord } from '../words/expand.js'
import { loadBases } from './bases.js'
import { checkOptions } from './check-options.js'
import { dispatchStage, inherit } from './dispatch.js'
import { resolveEpoch } from './epoch.js'
import { asFault, fault, ResolveError } from './errors.js'
import { type Globals, globalArguments, platformArguments } from './global-args.js'
import { connectStages, findTarget, reachable, registerStages } from './graph.js'
import { ignoreRules } from './ignore.js'
import { contextName, parseReference } from './reference.js'
import { buildResult, finishTarget } from './result.js'
import type { Session, StageRegistry, StageState } from './state.js'
import { readTriggers } from './triggers.js'
import type { BaseImage, Platform, ResolvedBuild, ResolveOptions } from './types.js'

const DEFAULT_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' }

export interface Resolution {
  readonly registry: StageRegistry
  readonly target: StageState
  readonly session: Session
}

/**
 * Decides everything about a build that can be decided without running it: which stages the target needs, each with its base, its steps with
 * every word expanded, and the config and history that its image will have.
 * @throws ResolveError for what is wrong, with its lines; whatever `options.base` throws is its `cause`
 */
export async function resolveDockerfile(dockerfile: Dockerfile, options: ResolveOptions): Promise<ResolvedBuild> {
  const lint = new LintReporter(checkOptions(dockerfile.directives, options.buildArgs))
  return buildResult(await resolveStages(dockerfile, options, lint, false))
}

/**
 * Resolves and lints in one go: the rules need what the resolver knows.
 * @param allStages go through every stage, whether the target needs it or not
 * @throws ResolveError with the findings until then
 */
export async function resolveStages(
  dockerfile: Dockerfile,
  options: ResolveOptions,
  lint: LintReporter,
  allStages: boolean,
): Promise<Resolution> {
  try {
    if (dockerfile.stages.length === 0) {
      throw fault('NO_STAGES', 'dockerfile contains no stages to build', 'begin with FROM: FROM scratch, or FROM an image')
    }
    const started = startSession(dockerfile, options, lint, allStages)
    const registry = registerStages(started, dockerfile.stages)
    const target = findTarget(registry, options.target, dockerfile.stages.length)
    connectStages(started, registry)
    const needed = await prepareStages(started, registry, target)
    // A bad ignore file comes behind all that is wrong with the stages as such.
    const session = { ...started, ignore: ignoreRules(options.ignorePatterns) }
    for (const state of registry.states) {
      if (allStages || (needed.has(state) && !state.dispatched)) dispatchStage(session, state)
    }
    finishTarget(session, target)
    const failure = lint.failure()
    if (failure !== undefined)
      throw fault('LINT_VIOLATION', failure, 'mend what the warnings say, or remove error=true from the check options')
    return { registry, target, session }
  } catch (error) {
    const found = asFault(error)
    throw found ? new ResolveError(found.fault, found.locations, lint.warnings) : error
  }
}

/** What all stages share. @throws WordError with its place, ResolutionFault */
export function startSession(dockerfile: Dockerfile, options: ResolveOptions, lint: LintReporter, allStages: boolean): Session {
  const { stages, escape: token, metaArgs } = dockerfile
  for (const warning of dockerfile.warnings) lint.addParsed(warning)
  checkStageNames(stages, lint)
  checkCasing(stages, lint)

  const build = options.buildPlatform ?? DEFAULT_PLATFORM
  const target = options.platform ?? build
  const given = options.buildArgs ?? new Map<string, string>()
  const automatic = platformArguments(build, target, options.target || (stages.at(-1)?.name ?? ''), given)
  checkDefaults(dockerfile, automatic, lint)
  const globals: Globals = globalArguments(automatic, metaArgs, given, token)
  const contexts = contextKeys(options.contexts)
  const isContext = (name: string) => {
    const reference = parseReference(name)
    return typeof reference !== 'string' && contexts.has(contextName(reference))
  }
  const epoch = resolveEpoch(given, globals.environment, stages, isContext, token)
  const loads = new Map<string, Promise<BaseImage | undefined>>()
  return {
    options,
    escape: token,
    buildArgs: epoch.buildArgs,
    target,
    build,
    implicitTarget: options.platform === undefined,
    globals,
    epoch: epoch.seconds,
    lint,
    allStages,
    ignore: undefined,
    contexts,
    loadBase(reference, platform, context) {
      const key = JSON.stringify([reference, platform.os, platform.architecture, platform.variant ?? '', context])
      const load = loads.get(key) ?? options.base(reference, platform, context)
      loads.set(key, load)
      return load
    },
  }
}

/** InvalidDefaultArgInFrom: a base name has to be one even where no build argument is given. */
function checkDefaults({ stages, metaArgs, escape: token }: Dockerfile, automatic: Globals['environment'], lint: LintReporter): void {
  try {
    const { environment } = globalArguments(automatic, metaArgs, new Map(), token)
    for (const stage of stages) {
      const { result } = expandWord(stage.baseName, environment.lookup, { escape: token })
      if (typeof parseReference(result) === 'string') lint.report(rules.invalidDefaultArgInFrom, stage, stage.baseName)
    }
  } catch (error) {
    if (!asFault(error)) throw error
    // The same fault is an error of the build a little later.
  }
}

/** The named contexts by the name that they are compared by: `docker.io/library/alpine:latest` is `alpine`. */
function contextKeys(contexts: ReadonlySet<string> | undefined): Map<string, string> {
  const keys = new Map<string, string>()
  for (const key of contexts ?? []) {
    const reference = parseReference(key)
    keys.set(typeof reference === 'string' ? key : contextName(reference), key)
  }
  return keys
}

/** Loads bases and reads triggers until no trigger names anything new. Gives what the target needs. */
async function prepareStages(session: Session, registry: StageRegistry, target: StageState): Promise<ReadonlySet<StageState>> {
  for (;;) {
    const needed = reachable(target)
    await loadBases(session, registry, needed)
    let more = false
    for (const state of registry.states) {
      if (!needed.has(state)) continue
      inherit(state)
      if (readTriggers(session, registry, state)) more = true
    }
    if (!more) return needed
  }
}
