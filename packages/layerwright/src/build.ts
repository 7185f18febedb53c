import { type BuildContext, type BuildOptions, type BuildResult, build as portableBuild } from '@layerwright/build'
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
export function build(options: NodeBuildOptions): Promise<BuildResult> {
  const { context } = options
  return portableBuild({
    executor: chooseExecutor('auto'),
    decompress,
    ...options,
    context: typeof context === 'string' ? hostContext(context) : context,
  })
}
