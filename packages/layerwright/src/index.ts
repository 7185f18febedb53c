/** Everything with defaults for Node: the packages' own entries have the same without. */
export {
  type BuildContext,
  BuildError,
  type BuildEvent,
  type BuildOptions,
  type BuildResult,
  type BuiltImage,
  memoryContext,
  type NamedContext,
  type StepOutcome,
  type StepReport,
  snapshotContext,
} from '@layerwright/build'
export { ContextNotFoundError, hostContext } from '@layerwright/build/node'
export { memoryStore, type Store } from '@layerwright/store'
export { openStore } from '@layerwright/store/node'
export { build, type NodeBuildOptions } from './build.js'
export { chooseExecutor, type ExecutorKind } from './executor.js'
