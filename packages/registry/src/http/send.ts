import type { Authorizer } from '../auth/authorizer.js'
import { RegistryError } from '../errors.js'
import type { Endpoint, Settings } from '../settings.js'
import { discard } from './body.js'
import { failureOf } from './failure.js'
import { isLoopback, isMetadataHost, isPrivateAddress, redactUrl } from './hosts.js'
import { request } from './request.js'
import { retrying } from './retry.js'
import type { HttpRequest, HttpResponse } from './transport.js'

/** A request to a registry. */
export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: HttpRequest['body']
  /** What a token must allow: `repository:NAME:pull`. */
  readonly scopes: readonly string[]
  /** Statuses that are an answer; every other one is an error. */
  readonly expect: readonly number[]
  /** `once`: the caller knows better how to go on after a failure. */
  readonly retry?: 'once'
}

export interface Answer {
  readonly response: HttpResponse
  /** Where it came from, after redirects. */
  readonly url: URL
}

/** Sends calls to registries: with credentials where they are wanted and allowed, through redirects, again after failures that pass. */
export type Send = (endpoint: Endpoint, call: Call) => Promise<Answer>

export function createSend(settings: Settings, authorizer: Authorizer): Send {
  const once = async (endpoint: Endpoint, call: Call): Promise<Answer> => {
    const first = await exchange(endpoint, call, await authorizer.header(endpoint, call.scopes), settings)
    let { answer } = first
    if (answer.response.status === 401 && first.own) {
      const authorization = await authorizer.answer(endpoint, answer.response.headers.get('www-authenticate'), call.scopes)
      if (authorization !== undefined) {
        discard(answer.response)
        answer = (await exchange(endpoint, call, authorization, settings)).answer
      }
    }
    if (call.expect.includes(answer.response.status)) return answer
    throw await failureOf(answer.response, call.method, answer.url, settings)
  }
  return (endpoint, call) => (call.retry === 'once' ? once(endpoint, call) : retrying(settings, () => once(endpoint, call)))
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** One request, through its redirects. The credentials are dropped at the first one that leaves the registry's origin, for good (S35). */
async function exchange(
  endpoint: Endpoint,
  call: Call,
  authorization: string | undefined,
  settings: Settings,
): Promise<{ readonly answer: Answer; readonly own: boolean }> {
  let { url } = call
  let own = url.origin === endpoint.base.origin
  for (let hop = 0; ; hop++) {
    const headers = { 'accept-encoding': 'identity', ...call.headers, ...(own && authorization !== undefined ? { authorization } : {}) }
    const response = await request(url, { method: call.method, headers, body: call.body }, settings)
    if (response.type !== 'opaqueredirect' && !REDIRECTS.has(response.status)) return { answer: { response, url }, own }
    discard(response)
    const refuse = (why: string) =>
      new RegistryError('REDIRECT_REFUSED', redactUrl(url), `${call.method} ${redactUrl(url)} is redirected: ${why}`, {
        hint: 'nothing was sent there; a registry that needs this can’t be used',
      })
    if (response.type === 'opaqueredirect') throw refuse('a browser does not tell where to, and credentials must not go along')
    if (call.method !== 'GET' && call.method !== 'HEAD') throw refuse('only reading follows redirects')
    if (hop >= settings.limits.redirects) throw refuse(`that is the ${hop + 1}th time`)
    url = redirectTarget(url, response.headers.get('location'), endpoint, refuse)
    own &&= url.origin === endpoint.base.origin
  }
}

function redirectTarget(from: URL, location: string | null, endpoint: Endpoint, refuse: (why: string) => RegistryError): URL {
  let to: URL
  try {
    to = new URL(location ?? '', from)
  } catch {
    throw refuse('its Location is no URL')
  }
  if (location === null) throw refuse('it has no Location')
  if (to.protocol !== 'https:' && !(to.protocol === 'http:' && from.protocol === 'http:'))
    throw refuse(`to ${redactUrl(to)}, which is not https`)
  if (to.username !== '' || to.password !== '') throw refuse('to a URL with a user name in it')
  if (isMetadataHost(to.hostname)) throw refuse(`to ${redactUrl(to)}, which is never asked`)
  const { hostname } = endpoint.base
  if (isLoopback(to.hostname) && !isLoopback(hostname)) throw refuse(`to ${redactUrl(to)}, which is this machine`)
  if (isPrivateAddress(to.hostname) && !isPrivateAddress(hostname) && !isLoopback(hostname) && to.hostname !== hostname)
    throw refuse(`to ${redactUrl(to)}, which is in a private network`)
  return to
}

/**
 * Where an upload goes on. Credentials go along with every part of it, so it stays at the registry's origin (S37), which also keeps the scheme.
 * @throws RegistryError LOCATION_REFUSED, RESPONSE_INVALID
 */
export function uploadLocation({ response, url }: Answer, endpoint: Endpoint): URL {
  const text = response.headers.get('location')
  if (text === null || text === '')
    throw new RegistryError('RESPONSE_INVALID', redactUrl(url), `${redactUrl(url)} does not say where the upload goes on (no Location)`)
  let to: URL
  try {
    to = new URL(text, url)
  } catch {
    throw new RegistryError('RESPONSE_INVALID', redactUrl(url), `${redactUrl(url)} names a Location that is no URL`)
  }
  if (to.origin !== endpoint.base.origin || to.username !== '' || to.password !== '')
    throw new RegistryError(
      'LOCATION_REFUSED',
      redactUrl(url),
      `${redactUrl(url)} wants the upload to go on at ${redactUrl(to)}: that is another origin`,
      {
        hint: 'nothing was sent there; a registry behind a proxy has to be told its own address (scheme and host)',
      },
    )
  return to
}
