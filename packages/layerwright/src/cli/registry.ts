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
    ...(quiet ? {} : { onEvent: show }),
  })
}

function show(event: RegistryEvent): void {
  if (event.type === 'blob.finished') console.error(`${paint.dim(shortDigest(event.digest))} ${event.outcome} ${humanBytes(event.size)}`)
  if (event.type === 'retry') console.error(`${paint.yellow('RETRY')} in ${(event.waitMs / 1000).toFixed(1)}s: ${event.reason}`)
}

/** The user has pressed Ctrl-C. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  readonly code = 'INTERRUPTED'
  constructor() {
    super('Interrupted')
  }
}
