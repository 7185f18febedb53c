/** The streams of this program as a container's. */
import { isatty } from 'node:tty'
import type { Attachment } from '@layerwright/container'
import { UsageError } from './errors.js'
import { forwardingSignals } from './signals.js'

export interface AttachFlags {
  readonly interactive?: boolean
  readonly tty?: boolean
}

/**
 * Runs something that is attached to this program: output goes straight through, input is handed on as it comes, signals too.
 * @throws UsageError where a terminal is wanted and this program has none
 */
export async function attached<T>({ interactive, tty }: AttachFlags, work: (attachment: Attachment) => Promise<T>): Promise<T> {
  if (tty && !(isatty(0) && isatty(1)))
    throw new UsageError('--tty: standard input and output are no terminal', 'leave --tty out, or run this in a terminal')
  try {
    return await forwardingSignals((onProcess) =>
      work({
        onProcess,
        ...(tty ? { terminal: true } : { onOutput: (stream, bytes) => void process[stream].write(bytes) }),
        ...(interactive && !tty ? { stdin: process.stdin } : {}),
      }),
    )
  } finally {
    // Somebody may still hold the other end: this program does not wait for them.
    if (interactive && !tty) process.stdin.destroy()
  }
}
