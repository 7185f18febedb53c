import {
  type BuildContext,
  type BuildGraph,
  type BuildOptions,
  type BuildResult,
  type GitClient,
  planBuild as planPortable,
  build as portableBuild,
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
 * Builds a Dockerfile into an image. RUN is done by the simulated shell unless an executor is given.
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

async function withDefaults(options: NodeBuildOptions): Promise<BuildOptions> {
  const { context } = options
  return {
    decompress,
    git: lazyGit,
    ...options,
    executor: options.executor ?? (await chooseExecutor('auto')),
    context: typeof context === 'string' ? hostContext(context) : context,
  }
}
