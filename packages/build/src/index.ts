export { SIMULATED_COMMENT } from './assemble.js'
export { build, planBuild } from './build.js'
export type { Cause, EarlierStep, Explanation, FileDifference } from './cache/explain/types.js'
export { type CacheMount, cacheMountTree, listCacheMounts, putCacheMount } from './cache/mounts.js'
export type { CacheOptions, CacheStrength, MaxAge } from './cache/options.js'
export { buildCacheEntries, rememberTag } from './cache/owners.js'
export {
  cachedLayers,
  cachedSteps,
  type Eviction,
  evictSteps,
  isRecordOf,
  RESULT as STEP_KIND,
  type StepRecord,
} from './cache/records.js'
export { type ImportCacheOptions, type ImportedCache, importCache } from './cache/shared/import.js'
export { type ExportedCache, exportCache } from './cache/shared/sink.js'
export type { CacheFrom, CachePlace, CacheTo } from './cache/shared/types.js'
export { imageContext } from './context/image.js'
export { type MemoryFile, memoryContext, snapshotContext } from './context/memory.js'
export { type ArchiveContextOptions, archiveContext, isRemoteContext, type RemoteContextOptions, remoteContext } from './context/remote.js'
export { tarContext } from './context/tar.js'
export {
  BadArchiveError,
  BadPatternError,
  BuildCancelledError,
  BuildError,
  CacheEntryRefusedError,
  CacheLayerError,
  CannotReplaceError,
  ChecksumMismatchError,
  DockerfileNotFoundError,
  EntitlementError,
  ExecutorMissingError,
  FileTooLargeError,
  ImageNotFoundError,
  type Instability,
  InvalidChmodError,
  InvalidOwnerError,
  InvalidPlatformError,
  type LineRange,
  OptionsInvalidError,
  RemoteError,
  RunFailedError,
  RunUserUnknownError,
  SecretNotFoundError,
  SourceNotFoundError,
  SshAgentNotFoundError,
  StepNotFoundError,
  TooManyLinksError,
  UnstableBuildError,
  UnsupportedError,
} from './errors.js'
export { type BuildPlan, explain, type Foreseen, plan } from './foresee.js'
export type { BuildGraph, GraphEdge, GraphNode } from './graph/data.js'
export { graphToDot, graphToMermaid } from './graph/render.js'
export { LostLayerError } from './graph/root.js'
export type { Fetch, GitAddress, GitCheckout, GitClient } from './remote/types.js'
export { goMatch } from './select/glob.js'
export { verifyStable } from './stable.js'
export type {
  BuildContext,
  BuildEvent,
  BuildOptions,
  BuildResult,
  BuiltImage,
  ContextNotes,
  ContextRequest,
  Entitlement,
  NamedContext,
  RunSettings,
  StepInfo,
  StepOutcome,
  StepReport,
} from './types.js'
