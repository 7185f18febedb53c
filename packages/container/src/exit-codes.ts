import {
  CommandNotExecutableError,
  CommandNotFoundError,
  NoSuchUserError,
  WorkdirMissingError,
  WorkdirNotAbsoluteError,
  WorkdirNotADirectoryError,
} from './errors.js'

/**
 * The status that a command line ends with when the engine refuses: `run` says 127 where the command is missing, 126 where it cannot be
 * executed, and 125 for everything else; `exec` 127 or 126 where its process could not begin, and 1 where nothing was tried; everything else 1.
 */
export function exitCodeOf(error: unknown, verb: 'run' | 'exec' | 'other'): number {
  if (verb === 'other') return 1
  const process = error instanceof CommandNotFoundError ? 127 : error instanceof CommandNotExecutableError ? 126 : undefined
  if (verb === 'run') return process ?? 125
  const place =
    error instanceof WorkdirMissingError || error instanceof WorkdirNotADirectoryError || error instanceof WorkdirNotAbsoluteError
  return process ?? (place || error instanceof NoSuchUserError ? 126 : 1)
}
