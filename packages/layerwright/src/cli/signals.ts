/** What this program passes on to the container's process that it runs: signals, as Docker's `--sig-proxy` does, and that nobody reads any more. */
import type { ProcessHandle } from '@layerwright/container'

const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const

/** As many signals a process may ignore before it is killed. */
const PATIENCE = 3
/** The status of what SIGKILL ended. */
const KILLED = 137

/**
 * Passes signals on while `work` lasts; those that come before its process is there wait for it. A process may ignore them, as the first one of a container does
 * with all that it has not asked for: the third that asks for an end kills it, and a further one ends this program. Where nobody reads what it prints any more, the process is
 * ended, as any in a pipe is: by SIGKILL, because a container's first process does not get SIGPIPE from outside.
 */
export async function forwardingSignals<T>(work: (onProcess: (process: ProcessHandle) => void) => Promise<T>): Promise<T> {
  const waiting: string[] = []
  let target: ProcessHandle | undefined
  let asked = 0
  const forward = (signal: string): void => {
    if (signal === 'SIGINT' || signal === 'SIGTERM') asked++
    if (asked > PATIENCE || (asked === PATIENCE && !target)) process.exit(KILLED)
    if (asked === PATIENCE) console.error('killed: it has not ended at the third signal')
    const passed = asked === PATIENCE ? 'SIGKILL' : signal
    if (target) target.kill(passed)
    else waiting.push(passed)
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
