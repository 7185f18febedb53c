export { commandChanges, type EngineFiles, type EngineFilesOptions, engineFiles, withEngineFiles } from './engine-files.js'
export {
  AccountFileTooLargeError,
  CommandNotFoundError,
  ExecutorError,
  ExecutorUnavailableError,
  IdUnavailableError,
  InvalidUserError,
  NetworkUnavailableError,
  PortUnavailableError,
  RunAbortedError,
  RunLimitError,
  type RunOption,
  RunOptionUnsupportedError,
  RunWorkerError,
  SharedTreeUnavailableError,
  SimulationUnsupportedError,
  UnknownUserError,
} from './errors.js'
export { defaultLimits, type ExecutorLimits } from './limits.js'
export { hasPrograms } from './programs.js'
export { askedOptions, refuseOptions, ulimitNames } from './run-options.js'
export { shellClass } from './shell/version.js'
export { tracedFiles } from './traced-files.js'
export type * from './types.js'
export { type GroupEntry, type Identity, lookupUser, type PasswdEntry, parseId, readGroup, readPasswd } from './users.js'
