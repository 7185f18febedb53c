import {
  type BuildContext,
  type BuildGraph,
  type BuildOptions,
  type BuildPlan,
  type BuildResult,
  explain as explainPortable,
  type Foreseen,
  plan as foreseePortable,
  type GitClient,
  planBuild as planPortable,
  build as portableBuild,
  verifyStable as verifyPortable,
} from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { decompress } from '@layerwright/layer/node'
import { chooseExecutor } from './executor.js'

/** `BuildOptions` of @layerwright/build, with a folder's path in the place of a context, and defaults for the rest. */
export interface NodeBuildOptions extends Omit<BuildOptions, 'context'> {
  /** A folder of this machine, or any context. */
  readonly context: string | BuildContext
}

/**
 * Builds a Dockerfile into an image. Without an executor, RUN is done by a real sandbox where one works and the shell of the tree is a program, else by the simulated shell.
 * @throws what `build` of @layerwright/build throws, and ContextNotFoundError
 */
export async function build(options: NodeBuildOptions): Promise<BuildResult> {
  return portableBuild(await withDefaults(options))
}

/** What `build` would do, as data. @throws as `build`, for what is wrong before the first step */
export async function planBuild(options: NodeBuildOptions): Promise<BuildGraph> {
  return planPortable(await withDefaults(options))
}

/** Repositories are rare enough that their code is loaded for the first. */
const lazyGit: GitClient = {
  resolve: async (...args) => (await openGit()).resolve(...args),
  checkout: async (...args) => (await openGit()).checkout(...args),
}
const openGit = async (): Promise<GitClient> => (await import('@layerwright/build/node')).gitClient()

/** Which steps a build would find in its cache, which would run, and why. Nothing runs. @throws as `build`, for what is wrong before the first step */
export async function plan(options: NodeBuildOptions): Promise<BuildPlan> {
  return foreseePortable(await withDefaults(options))
}

/** Why a step would be found in the cache or not: `id` as events have it, or `:LINE`. @throws as `plan`, and StepNotFoundError */
export async function explain(options: NodeBuildOptions, id: string): Promise<Foreseen> {
  return explainPortable(await withDefaults(options), id)
}

/** Builds twice more and compares. @throws UnstableBuildError */
export async function verifyStable(options: NodeBuildOptions, first: BuildResult): Promise<void> {
  return verifyPortable(await withDefaults(options), first)
}

async function withDefaults(options: NodeBuildOptions): Promise<BuildOptions> {
  // What is no options at all is for the portable call to refuse, with all else that is wrong.
  if (typeof options !== 'object' || options === null) return options
  const { context } = options
  return {
    decompress,
    git: lazyGit,
    ...options,
    executor: options.executor ?? (await chooseExecutor('auto')),
    context: typeof context === 'string' ? hostContext(context) : context,
  }
}
