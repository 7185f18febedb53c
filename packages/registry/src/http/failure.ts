import { RegistryError, type RegistryErrorCode } from '../errors.js'
import type { Settings } from '../settings.js'
import { isObject, jsonObject, readAll } from './body.js'
import { redactUrl } from './hosts.js'
import type { HttpResponse } from './transport.js'

const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504])

/** What an unwanted answer means (distribution-spec, "Error Codes"). Reads its body. */
export async function failureOf(response: HttpResponse, method: string, url: URL, settings: Settings): Promise<RegistryError> {
  const { status } = response
  const errors = await errorsOf(response, url, settings)
  const details = errors.map(({ code }) => code).filter((code) => code !== '')
  const said = errors.map(({ code, message }) => [code, message].filter(Boolean).join(': ')).join('; ')
  const place = redactUrl(url)
  return new RegistryError(codeOf(status), place, `${method} ${place}: ${status}${said ? ` ${said}` : ''}`, {
    status,
    details,
    transient: TRANSIENT.has(status),
    retryAfterMs: retryAfter(response.headers.get('retry-after'), settings.clock()),
    hint: hintOf(status),
  })
}

function codeOf(status: number): RegistryErrorCode {
  if (status === 401) return 'UNAUTHORIZED'
  if (status === 403) return 'DENIED'
  if (status === 404) return 'NOT_FOUND'
  if (status === 429) return 'RATE_LIMITED'
  if (status >= 500) return 'REGISTRY_UNAVAILABLE'
  return status >= 400 ? 'REJECTED' : 'RESPONSE_INVALID'
}

function hintOf(status: number): string {
  if (status === 401) return 'log in to the registry; it wants credentials, or refuses the ones it was given'
  if (status === 403) return 'these credentials may not do this there; check the name of the repository'
  if (status === 404) return 'check the spelling of repository and tag; some registries also say this to those who may not look'
  if (status === 429) return 'wait, or log in: registries allow more to those they know'
  if (status >= 500) return 'the fault is at the registry; try again later'
  return 'the message above is the registry’s own'
}

async function errorsOf(response: HttpResponse, url: URL, settings: Settings): Promise<{ code: string; message: string }[]> {
  let bytes: Uint8Array
  try {
    bytes = await readAll(response, url, settings.limits.errorBytes, settings)
  } catch (error) {
    if (error instanceof RegistryError) return []
    throw error
  }
  const errors = jsonObject(bytes)?.errors
  if (!Array.isArray(errors)) return []
  return errors
    .slice(0, 5)
    .filter(isObject)
    .map(({ code, message }) => ({ code: shortText(code, 60), message: shortText(message, 300) }))
}

/** Foreign text for a message: no control characters (they could paint a terminal), not long. */
const shortText = (value: unknown, most: number): string =>
  typeof value === 'string' ? value.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, most) : ''

function retryAfter(text: string | null, now: number): number | undefined {
  if (text === null) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
