import { RegistryError } from '../errors.js'
import { discard, jsonObject, readAll } from '../http/body.js'
import { failureOf } from '../http/failure.js'
import { redactUrl } from '../http/hosts.js'
import { request } from '../http/request.js'
import type { HttpResponse } from '../http/transport.js'
import type { Endpoint, Settings } from '../settings.js'
import type { Credentials } from '../types.js'
import { checkRealm } from './realm.js'

export interface Token {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly expires: number
}

/** What a bearer challenge says. */
export interface Bearer {
  readonly realm: string
  readonly service: string | undefined
}

/** Tokens live at least so long (distribution's token specification); the margin is for the way. */
const SHORTEST_S = 60
const MARGIN_MS = 10_000
const CLIENT = 'layerwright'

/**
 * Asks a token server (distribution, "Token Authentication Specification" and "OAuth2 Token Authentication").
 * One try: whoever sends the request that needs the token tries again.
 * @throws RegistryError REALM_REFUSED, UNAUTHORIZED, RESPONSE_INVALID
 */
export async function fetchToken(
  endpoint: Endpoint,
  { realm, service }: Bearer,
  scopes: readonly string[],
  credentials: Credentials | undefined,
  settings: Settings,
): Promise<Token> {
  const url = checkRealm(realm, endpoint, credentials !== undefined, settings.realms)
  const identity = credentials && 'identityToken' in credentials ? credentials.identityToken : undefined
  const asked = settings.clock()
  const response = identity === undefined ? await get(url) : await post(url, identity)
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    discard(response)
    throw new RegistryError('REALM_REFUSED', endpoint.registry, `The token server ${redactUrl(url)} sends us on: that is not followed`)
  }
  if (response.status !== 200) throw await failureOf(response, 'GET', url, settings)
  const answer = jsonObject(await readAll(response, url, settings.limits.tokenBytes, settings))
  const text = answer?.token ?? answer?.access_token
  // a token goes into a header: anything else in it would be a header of its own
  if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text))
    throw new RegistryError('RESPONSE_INVALID', endpoint.registry, `The token server ${redactUrl(url)} gave no token`)
  const lasts = typeof answer?.expires_in === 'number' && answer.expires_in > 0 ? Math.max(answer.expires_in, SHORTEST_S) : SHORTEST_S
  return { text, expires: asked + lasts * 1000 - MARGIN_MS }

  function get(to: URL): Promise<HttpResponse> {
    const full = new URL(to)
    if (service !== undefined) full.searchParams.set('service', service)
    for (const scope of scopes) full.searchParams.append('scope', scope)
    full.searchParams.set('client_id', CLIENT)
    const basic = credentials && 'username' in credentials ? credentials : undefined
    if (basic) full.searchParams.set('account', basic.username)
    return request(full, { method: 'GET', headers: basic ? { authorization: basicHeader(basic) } : {} }, settings)
  }

  function post(to: URL, refreshToken: string): Promise<HttpResponse> {
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: CLIENT, refresh_token: refreshToken })
    if (service !== undefined) form.set('service', service)
    if (scopes.length > 0) form.set('scope', scopes.join(' '))
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return request(to, { method: 'POST', headers, body: new TextEncoder().encode(form.toString()) }, settings)
  }
}

/** `Basic` with UTF-8, as registries read it. */
export function basicHeader({ username, password }: { readonly username: string; readonly password: string }): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`)
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`
}
