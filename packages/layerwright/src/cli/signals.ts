/** What this program passes on to the container's process that it runs: signals, as Docker's `--sig-proxy` does, and that nobody reads any more. */
import type { ProcessHandle } from '@layerwright/container'

const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const

/**
 * Passes signals on while `work` lasts; those that come before its process is there wait for it. Where nobody reads what it prints any more, the process is
 * ended, as any in a pipe is: by SIGKILL, because a container's first process does not get SIGPIPE from outside.
 */
export async function forwardingSignals<T>(work: (onProcess: (process: ProcessHandle) => void) => Promise<T>): Promise<T> {
  const waiting: string[] = []
  let target: ProcessHandle | undefined
  const forward = (signal: string): void => {
    if (target) target.kill(signal)
    else waiting.push(signal)
  }
  const unread = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') forward('SIGKILL')
    else throw error
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  for (const output of [process.stdout, process.stderr]) output.on('error', unread)
  try {
    return await work((process) => {
      target = process
      for (const signal of waiting.splice(0)) process.kill(signal)
    })
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward)
    for (const output of [process.stdout, process.stderr]) output.off('error', unread)
  }
}
