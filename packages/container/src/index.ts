export type { ConfigOverrides } from './config.js'
export type { ContainerStore } from './context.js'
export { type CopyArgument, parseCopyArguments } from './copy/arguments.js'
export type { CopyInOptions } from './copy/in.js'
export type { CopyOutOptions } from './copy/out.js'
export { type EngineOptions, openEngine } from './engine.js'
export {
  AmbiguousContainerError,
  BindSourceMissingError,
  BusyError,
  CommandNotExecutableError,
  CommandNotFoundError,
  ContainerEngineError,
  ContainerNameConflictError,
  ContainerNotRunningError,
  ContainerRunningError,
  CopyBetweenContainersError,
  CopyDestinationDirMissingError,
  CopyDestinationNotADirectoryError,
  CopyDirOverFileError,
  CopyDirToFileError,
  CopyFileOverDirError,
  CopyNoContainerError,
  CopyPathEscapesError,
  CorruptRecordError,
  DuplicateMountPointError,
  EmptyPathError,
  HostNotAvailableError,
  ImageInUseError,
  InvalidChangeError,
  InvalidContainerNameError,
  InvalidFilterError,
  InvalidMountSpecError,
  InvalidReferenceError,
  InvalidSignalError,
  InvalidVolumeNameError,
  InvalidVolumeOptionError,
  LimitExceededError,
  MountTargetIsRootError,
  MountTargetNotAbsoluteError,
  MountTypeMismatchError,
  NoCommandError,
  NoSuchContainerError,
  NoSuchImageError,
  NoSuchUserError,
  NoSuchVolumeDriverError,
  NoSuchVolumeError,
  NotADirectoryError,
  OptionsInvalidError,
  PathNotFoundError,
  ReadOnlyFilesystemError,
  ReadOnlyTargetError,
  RenameSameNameError,
  RunningStateUnavailableError,
  TerminalRequiredError,
  VolumeFolderUnavailableError,
  VolumeInUseError,
  WorkdirMissingError,
  WorkdirNotAbsoluteError,
  WorkdirNotADirectoryError,
} from './errors.js'
export { exitCodeOf } from './exit-codes.js'
export type { Host, HostSource } from './host.js'
export { applyConfigChanges } from './images/changes.js'
export type { CommitOptions } from './images/commit.js'
export type { ImportOptions } from './images/import.js'
export type { ImageSummary, RemovedImage } from './images/operations.js'
export type { ContainerInspection, InspectedMount, PortBinding, PortMap } from './inspect.js'
export type { ProcessHandle } from './lifecycle/control.js'
export type { CreateOptions } from './lifecycle/create.js'
export type { ExecOptions } from './lifecycle/exec.js'
export type { Attachment } from './lifecycle/process.js'
export type { RemoveOptions } from './lifecycle/remove.js'
export type { StartOptions, StartResult } from './lifecycle/start.js'
export type { StopOptions } from './lifecycle/stop.js'
export { defaultLimits, type Limits } from './limits.js'
export type { ContainerSummary } from './list.js'
export { parseLongMount } from './mounts/long.js'
export { parseShortMount, type ShortMount } from './mounts/short.js'
export type { MountOptions } from './mounts/table.js'
export type { MountPoint, MountRequest, VolumeMountOptions } from './mounts/types.js'
export { moveTree } from './move.js'
export type { ContainerConfig, ContainerState, ContainerStatus, LogEntry, ProcessSettings } from './state/types.js'
export type { Supervision } from './supervision.js'
export type {
  Container,
  ContainerCopies,
  ContainerEngine,
  ContainerFiles,
  ContainerLife,
  Containers,
  Images,
  RunResult,
  Volumes,
} from './types.js'
export type { VolumeCreateOptions } from './volumes/create.js'
export type { VolumeInfo } from './volumes/operations.js'
