import { RegistryError } from '../errors.js'
import type { Endpoint, Settings } from '../settings.js'
import { jsonObject, readAll } from './body.js'
import { redactUrl } from './hosts.js'
import type { Send } from './send.js'
import type { HttpResponse } from './transport.js'

/** The next page of a list, from the header `Link: <…>; rel="next"`; only at the registry's own origin (S35). */
export function nextPage(response: HttpResponse, from: URL, endpoint: Endpoint): URL | undefined {
  const link = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(response.headers.get('link') ?? '')?.[1]
  if (link === undefined) return undefined
  const next = URL.canParse(link, from.href) ? new URL(link, from) : undefined
  if (next?.origin !== endpoint.base.origin || next.username !== '')
    throw new RegistryError('LOCATION_REFUSED', redactUrl(from), `${redactUrl(from)} goes on at another origin: that page is not asked for`)
  return next
}

/** Names in pages of JSON with a list under `key`. */
export async function* namesOf(
  send: Send,
  settings: Settings,
  endpoint: Endpoint,
  path: string,
  key: string,
  scopes: readonly string[],
): AsyncGenerator<string> {
  let next: URL | undefined = new URL(path, endpoint.base)
  for (let page = 0; next && page < settings.limits.pages; page++) {
    const { response, url } = await send(endpoint, { method: 'GET', url: next, scopes, expect: [200] })
    const names = jsonObject(await readAll(response, url, settings.limits.listBytes, settings))?.[key]
    // a repository without tags has null there
    if (names !== null && !(Array.isArray(names) && names.every((name) => typeof name === 'string')))
      throw new RegistryError('RESPONSE_INVALID', redactUrl(url), `${redactUrl(url)} answers with no list of ${key}`)
    yield* names ?? []
    next = nextPage(response, url, endpoint)
  }
}
