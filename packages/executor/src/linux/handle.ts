/** The name of a running command for other processes of this machine: where its runtime is, and since when, so that it is no other one's. */
import { ExecutorUnavailableError } from '../errors.js'
import type { BackendName } from './backends.js'
import { startOf } from './run-folder.js'

export interface Handle {
  readonly wrapper: number
  /** Of the run. */
  readonly folder: string
  readonly id: string
  readonly backend: BackendName
}

export const handleOf = (handle: Handle): string => JSON.stringify({ ...handle, start: startOf(handle.wrapper) })

/** @throws ExecutorUnavailableError where it does not run any more */
export function readHandle(text: string): Handle {
  const handle = JSON.parse(text) as Handle & { readonly start: string }
  if (startOf(handle.wrapper) !== handle.start) throw new ExecutorUnavailableError('the command whose sandbox is wanted has ended')
  return handle
}
