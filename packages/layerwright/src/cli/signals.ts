/** Signals that this program passes on to the container's process that it runs, as Docker's `--sig-proxy` does. */
import type { ProcessHandle } from '@layerwright/container'

const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const

/** Passes signals on while `work` lasts; those that come before its process is there wait for it. */
export async function forwardingSignals<T>(work: (onProcess: (process: ProcessHandle) => void) => Promise<T>): Promise<T> {
  const waiting: string[] = []
  let target: ProcessHandle | undefined
  const forward = (signal: string): void => {
    if (target) target.kill(signal)
    else waiting.push(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  try {
    return await work((process) => {
      target = process
      for (const signal of waiting.splice(0)) process.kill(signal)
    })
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}
