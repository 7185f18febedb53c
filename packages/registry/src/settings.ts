import { RegistryError } from './errors.js'
import { isLoopback } from './http/hosts.js'
import { fetchTransport, type Transport } from './http/transport.js'
import { type RegistryLimits, registryLimits } from './limits.js'
import type { CredentialSource, RegistryEvent, RegistryOptions } from './types.js'

/** `RegistryOptions` with everything filled in. */
export interface Settings {
  readonly transport: Transport
  readonly credentials: CredentialSource
  readonly scheme: (registry: string) => 'http' | 'https' | undefined
  readonly mirrors: ReadonlyMap<string, readonly string[]>
  readonly realms: readonly string[]
  readonly limits: RegistryLimits
  readonly emit: (event: RegistryEvent) => void
  readonly signal: AbortSignal | undefined
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly clock: () => number
  readonly random: () => number
}

export function settingsOf(options: RegistryOptions): Settings {
  return {
    // called through an arrow, because the global of a browser wants to be called without a receiver
    transport: options.transport ?? fetchTransport(options.fetch ?? ((...args) => fetch(...args))),
    credentials: options.credentials ?? (() => undefined),
    scheme: options.scheme ?? (() => undefined),
    mirrors: options.mirrors ?? new Map(),
    realms: options.realms ?? [],
    limits: { ...registryLimits, ...options.limits },
    emit: options.onEvent ?? (() => {}),
    signal: options.signal,
    sleep: options.sleep ?? sleep,
    clock: options.clock ?? Date.now,
    random: options.random ?? Math.random,
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve()
    }, ms)
    if (signal?.aborted) end()
    else signal?.addEventListener('abort', end, { once: true })
  })
}

/** A registry that is reached at one address. */
export interface Endpoint {
  /** As references name it; what credentials are kept under. */
  readonly registry: string
  /** Ends with `/`. */
  readonly base: URL
}

/** Docker's registry is not where its name says. */
const HOSTS: ReadonlyMap<string, string> = new Map([['docker.io', 'registry-1.docker.io']])

/**
 * Where a registry is: plain http without asking only on this machine.
 * @throws RegistryError REFERENCE_UNSUITABLE
 */
export function endpointOf(registry: string, settings: Pick<Settings, 'scheme'>): Endpoint {
  const host = HOSTS.get(registry) ?? registry
  let url: URL
  try {
    url = new URL(`https://${host}/`)
  } catch (cause) {
    throw new RegistryError('REFERENCE_UNSUITABLE', registry, `"${registry.slice(0, 100)}" is no host`, { cause })
  }
  const scheme = settings.scheme(registry) ?? (isLoopback(url.hostname) ? 'http' : 'https')
  return { registry, base: scheme === 'https' ? url : new URL(`http://${host}/`) }
}
