import type { BuildEvent } from '@layerwright/build'
import { plainProgress } from './plain.js'

export type ProgressKind = 'auto' | 'plain' | 'tty' | 'json'

export interface Progress {
  onEvent(event: BuildEvent): void
  close(): void
}

/** The listener that shows a build. `auto`: live on a terminal that is not dumb, plain lines elsewhere. JSON events go to stdout, one a line. */
export async function openProgress(kind: ProgressKind, quiet: boolean): Promise<Progress> {
  const close = () => {}
  if (quiet) return { onEvent: () => {}, close }
  if (kind === 'json') return { onEvent: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`), close }
  if (kind === 'tty' || (kind === 'auto' && isLive())) return (await import('./tty.js')).ttyProgress(process.stderr)
  return { onEvent: plainProgress((line) => void process.stderr.write(`${line}\n`)), close }
}

/** Whether all that commands print stays on the screen: not with live progress, which shows the last lines only. */
export const showsOutput = (kind: ProgressKind, quiet: boolean): boolean => !quiet && (kind === 'plain' || (kind === 'auto' && !isLive()))

/** Whether lines can be drawn anew: a dumb terminal has no way back, and one that says that it has no columns wraps nobody knows where. */
const isLive = (): boolean => process.stderr.isTTY && process.stderr.columns > 0 && process.env.TERM !== 'dumb'
