import { RegistryError } from '../errors.js'
import type { Settings } from '../settings.js'
import { redactUrl } from './hosts.js'
import type { HttpResponse } from './transport.js'

/**
 * The bytes of an answer. A connection that breaks, or gives nothing for too long, is a transient REGISTRY_UNREACHABLE.
 * Ending the loop early ends the connection.
 */
export async function* chunksOf(response: HttpResponse, url: URL, settings: Settings): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), url, settings)
      if (done) return
      yield value
    }
  } finally {
    // not awaited: a source that hangs would hang its cancellation too
    void reader.cancel().catch(() => {})
  }
}

async function inTime<T>(read: Promise<T>, url: URL, settings: Settings): Promise<T> {
  const { stallMs } = settings.limits
  let timer: ReturnType<typeof setTimeout> | undefined
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(broken(url, `nothing came for ${stallMs} ms`)), stallMs)
  })
  try {
    return await Promise.race([read, stalled])
  } catch (error) {
    settings.signal?.throwIfAborted()
    throw error instanceof RegistryError ? error : broken(url, 'the connection broke', error)
  } finally {
    clearTimeout(timer)
  }
}

export const broken = (url: URL, what: string, cause?: unknown): RegistryError =>
  new RegistryError('REGISTRY_UNREACHABLE', redactUrl(url), `${redactUrl(url)}: ${what}${causeText(cause)}`, {
    cause,
    transient: true,
    hint: 'check the network and the name of the registry, then try again',
  })

/** The system's code of a failed connection; `fetch` hides it in the cause. */
export function codeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  const found = cause?.code ?? code
  return typeof found === 'string' ? found : undefined
}

/** What the system said. Never the message itself, which may hold a URL. */
function causeText(error: unknown): string {
  const code = codeOf(error)
  return code === undefined ? '' : ` (${code})`
}

/** A whole body of at most `most` bytes. @throws RegistryError RESPONSE_TOO_LARGE, REGISTRY_UNREACHABLE */
export async function readAll(response: HttpResponse, url: URL, most: number, settings: Settings): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(response, url, settings)) {
    size += chunk.length
    if (size > most)
      throw new RegistryError('RESPONSE_TOO_LARGE', redactUrl(url), `${redactUrl(url)} answers with more than ${most} bytes`, {
        hint: 'this is no document of an image; check the reference',
      })
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** Ends an answer whose body nobody wants. */
export const discard = (response: HttpResponse): void => void response.body?.cancel().catch(() => {})

/** An object of foreign JSON whose objects have no prototypes (S39); undefined where it is none. */
export function jsonObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes), bare)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** JSON.parse makes `__proto__` an own key; a copy without a prototype keeps it harmless. */
function bare(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value
  const copy: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(value)) copy[name] = value[name]
  return copy
}
