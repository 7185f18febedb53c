import type { RegistryClient, RegistryEvent } from '@layerwright/registry'
import { openRegistry } from '@layerwright/registry/node'
import { readMirrors } from './mirrors.js'
import { paint } from './paint.js'
import { humanBytes, shortDigest } from './words.js'

/** Flags of every command that talks to a registry. */
export interface RegistryFlags {
  readonly plainHttp?: boolean
  readonly mirror?: readonly string[]
  readonly quiet?: boolean
}

/** The client of a command: with this user's credentials and mirrors, telling on stderr what it does, ended by Ctrl-C. */
export function openClient({ plainHttp, quiet, mirror }: RegistryFlags): RegistryClient {
  const mirrors = readMirrors(mirror, process.env)
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort(new InterruptedError()))
  return openRegistry({
    signal: controller.signal,
    mirrors,
    ...(plainHttp ? { scheme: () => 'http' as const } : {}),
    ...(quiet ? {} : { onEvent: teller() }),
  })
}

/** Tells what is done. Of tries that fail for one cause at one host at a time, as those of all layers do where it is down, one line is enough. */
function teller(): (event: RegistryEvent) => void {
  /** The latest try that was told, by host and cause. */
  const told = new Map<string, number>()
  return (event) => {
    if (event.type === 'blob.finished') {
      told.clear()
      console.error(`${paint.dim(shortDigest(event.digest))} ${event.outcome} ${humanBytes(event.size)}`)
    } else if (event.type === 'retry') {
      const { attempt, waitMs } = event
      const host = URL.canParse(event.subject) ? new URL(event.subject).host : event.subject
      const [, cause] = event.reason.split(`${event.subject}: `)
      const line = `${host}: ${cause ?? event.reason}`
      if ((told.get(line) ?? 0) >= attempt) return
      told.set(line, attempt)
      console.error(`${paint.yellow('RETRY')} in ${(waitMs / 1000).toFixed(1)}s: ${line}`)
    }
  }
}

/** The user has pressed Ctrl-C. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  readonly code = 'INTERRUPTED'
  constructor() {
    super('Interrupted')
  }
}
