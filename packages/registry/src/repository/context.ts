import { RegistryError } from '../errors.js'
import type { Send } from '../http/send.js'
import type { Endpoint, Settings } from '../settings.js'

/** What the parts of one repository work with. */
export interface Place {
  readonly registry: string
  readonly name: string
  readonly settings: Settings
  readonly send: Send
  /** Where to write. */
  readonly endpoint: Endpoint
  /** Where to read: mirrors in order, then the registry itself. */
  readonly readers: readonly Endpoint[]
}

/** `path` below the repository: `manifests/latest`. */
export const urlIn = (place: Place, endpoint: Endpoint, path: string): URL => new URL(`/v2/${place.name}/${path}`, endpoint.base)

export const pullScope = (name: string): string => `repository:${name}:pull`
export const pushScope = (name: string): string => `repository:${name}:pull,push`
export const deleteScope = (name: string): string => `repository:${name}:delete`

/** Reads from the first place that has it. What a mirror lacks or fails at is asked of the next; the registry itself has the last word. */
export async function fromReaders<T>(place: Place, read: (endpoint: Endpoint) => Promise<T>): Promise<T> {
  for (const [i, endpoint] of place.readers.entries()) {
    try {
      return await read(endpoint)
    } catch (error) {
      if (i === place.readers.length - 1 || !(error instanceof RegistryError)) throw error
    }
  }
  throw new RegistryError('NOT_FOUND', place.name, `There is nowhere to read ${place.name} from`)
}
