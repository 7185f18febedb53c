import {
  type BuildContext,
  type BuildGraph,
  type BuildOptions,
  type BuildResult,
  planBuild as planPortable,
  build as portableBuild,
} from '@layerwright/build'
import { gitClient, hostContext } from '@layerwright/build/node'
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

async function withDefaults(options: NodeBuildOptions): Promise<BuildOptions> {
  const { context } = options
  return {
    decompress,
    git: gitClient(),
    ...options,
    executor: options.executor ?? (await chooseExecutor('auto')),
    context: typeof context === 'string' ? hostContext(context) : context,
  }
}
