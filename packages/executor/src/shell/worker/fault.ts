/** Errors on their way from a worker: what a caller looks at (class, code, fields, message) is the same again. */
import {
  AccountFileTooLargeError,
  CommandNotFoundError,
  ExecutorError,
  ExecutorUnavailableError,
  InvalidUserError,
  RunLimitError,
  SimulationUnsupportedError,
  UnknownUserError,
} from '../../errors.js'
import { HostReadError } from './contents.js'
import type { FaultData } from './messages.js'

const CLASSES: ReadonlyMap<string, { readonly prototype: ExecutorError; readonly name: string }> = new Map(
  Object.entries({
    RUN_ACCOUNT_FILE_TOO_LARGE: AccountFileTooLargeError,
    RUN_COMMAND_NOT_FOUND: CommandNotFoundError,
    EXECUTOR_UNAVAILABLE: ExecutorUnavailableError,
    RUN_INVALID_USER: InvalidUserError,
    RUN_LIMIT: RunLimitError,
    SIMULATION_UNSUPPORTED: SimulationUnsupportedError,
    RUN_UNKNOWN_USER: UnknownUserError,
  }),
)

/** In the worker. */
export function toFault(error: unknown): FaultData {
  if (error instanceof HostReadError) return { kind: 'read', request: error.request }
  if (error instanceof ExecutorError) {
    const { code, message, name: _, cause: __, ...fields } = error
    return { kind: 'executor', code, message, fields }
  }
  const { name, message, stack, code } = (error instanceof Error ? error : new Error(String(error))) as Error & { readonly code?: unknown }
  return { kind: 'other', name, message, stack, code }
}

/** On the host. `readError`: what a read of that number failed with. */
export function fromFault(fault: FaultData, readError: (request: number) => unknown): unknown {
  switch (fault.kind) {
    case 'read':
      return readError(fault.request)
    case 'executor': {
      const of = CLASSES.get(fault.code)
      const error = new ExecutorError(fault.code, fault.message)
      if (of) Object.setPrototypeOf(error, of.prototype)
      return Object.assign(error, fault.fields, { name: of?.name ?? error.name })
    }
    case 'other':
      return Object.assign(new Error(fault.message), { name: fault.name, code: fault.code, stack: fault.stack })
  }
}
