import { type Executor, hasPrograms } from '@layerwright/executor'
import type { EngineContext } from '../context.js'
import type { ContainerRecord } from '../state/types.js'

/** What runs the processes of a container: where the name stands for several, the one for the image's programs. */
export async function executorOf(context: EngineContext, { executor: name, image }: ContainerRecord): Promise<Executor> {
  const executor = await context.executor(name)
  if (!executor.choose) return executor
  const { tree } = await context.images.open(image)
  return (await executor.choose(await hasPrograms(tree))).executor
}
