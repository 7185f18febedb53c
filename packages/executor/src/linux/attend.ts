/** A command that runs: its output, its beginning, and its end. */
import type { ChildProcess } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { ExecutorUnavailableError, RunAbortedError } from '../errors.js'
import type { ExecRequest, PublishedPort } from '../types.js'
import { commandAt, type Place, signalCommand } from './processes.js'

type Attendance = { readonly [Name in 'onOutput' | 'onStarted' | 'signal']: ExecRequest[Name] | undefined }

export interface StartedPlace extends Place {
  readonly ports?: readonly PublishedPort[]
  handle?(): string | undefined
}

/** Milliseconds between two looks whether the command has begun: nobody tells. */
const LOOK = 10

/**
 * Waits for the end. Gives the exit code; null where a signal ended it.
 * @param find where the command will be, once the process `pid` has got so far
 * @throws RunAbortedError, ExecutorUnavailableError
 */
export async function attend(
  child: ChildProcess,
  { onOutput, onStarted, signal }: Attendance,
  find: (pid: number) => StartedPlace | undefined,
): Promise<number | null> {
  child.stdout?.on('data', (bytes: Uint8Array) => onOutput?.('stdout', bytes))
  child.stderr?.on('data', (bytes: Uint8Array) => onOutput?.('stderr', bytes))
  const abort = () => child.kill('SIGKILL')
  // Many commands of one build have the same signal.
  if (signal) setMaxListeners(0, signal)
  signal?.addEventListener('abort', abort, { once: true })
  const looking =
    onStarted &&
    setInterval(() => {
      const place = child.pid === undefined ? undefined : find(child.pid)
      if (!place || commandAt(place) === undefined) return
      clearInterval(looking)
      const handle = place.handle?.()
      const { ports } = place
      onStarted({
        kill: (number) => signalCommand(place, number),
        ...(handle === undefined ? {} : { handle }),
        ...(ports ? { ports } : {}),
      })
    }, LOOK)
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => reject(new ExecutorUnavailableError('the sandbox could not be started', { cause })))
      child.once('close', resolve)
    })
    if (signal?.aborted) throw new RunAbortedError({ cause: signal.reason })
    return code
  } finally {
    clearInterval(looking)
    signal?.removeEventListener('abort', abort)
  }
}
