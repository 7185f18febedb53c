/** Everything with defaults for Node: the packages' own entries have the same without. */
export {
  type BuildContext,
  BuildError,
  type BuildEvent,
  type BuildGraph,
  type BuildOptions,
  type BuildPlan,
  type BuildResult,
  type BuiltImage,
  type Foreseen,
  graphToDot,
  graphToMermaid,
  imageContext,
  memoryContext,
  type NamedContext,
  type StepOutcome,
  type StepReport,
  snapshotContext,
  tarContext,
} from '@layerwright/build'
export { ContextNotFoundError, GitError, gitContext, hostContext } from '@layerwright/build/node'
export { openRegistry } from '@layerwright/registry/node'
export { type KeepPolicy, keepPolicy, memoryStore, type Store, setKeepPolicy } from '@layerwright/store'
export { openStore } from '@layerwright/store/node'
export { type PulledImage, type PulledImages, pullImage, pullImages, registryImages } from './base-images.js'
export { build, explain, type NodeBuildOptions, plan, planBuild, verifyStable } from './build.js'
export { type CollectStoreOptions, collectStore, enforceCap } from './collect.js'
export { chooseExecutor, type ExecutorKind } from './executor.js'
export { type Fault, type VerifiedStore, verifyStore } from './verify.js'
