import type { Endpoint, Settings } from '../settings.js'
import type { Credentials } from '../types.js'
import { parseChallenges } from './challenge.js'
import { type Bearer, basicHeader, fetchToken, type Token } from './token.js'

/** Knows what each registry wants to see, and gets it. What it gives is only for that registry's own origin (S35). */
export interface Authorizer {
  /** The `Authorization` for a request, as far as the registry has said before what it wants. */
  header(endpoint: Endpoint, scopes: readonly string[]): Promise<string | undefined>
  /** The `Authorization` that answers a 401; undefined: there is nothing better to say. */
  answer(endpoint: Endpoint, challenge: string | null, scopes: readonly string[]): Promise<string | undefined>
}

interface Known {
  readonly kind: 'basic' | 'bearer'
  readonly bearer?: Bearer
  readonly tokens: Map<string, Promise<Token>>
}

export function createAuthorizer(settings: Settings): Authorizer {
  const known = new Map<string, Known>()
  const asked = new Map<string, Promise<Credentials | undefined>>()

  const credentialsOf = (registry: string): Promise<Credentials | undefined> => {
    const found = asked.get(registry) ?? Promise.resolve(settings.credentials(registry))
    asked.set(registry, found)
    return found
  }

  async function tokenHeader(endpoint: Endpoint, { bearer, tokens }: Known, scopes: readonly string[], fresh: boolean): Promise<string> {
    const credentials = await credentialsOf(endpoint.registry)
    if (credentials && 'registryToken' in credentials) return `Bearer ${credentials.registryToken}`
    const wanted = [...new Set(scopes)].sort()
    const key = wanted.join(' ')
    const before = fresh ? undefined : await tokens.get(key)?.catch(() => undefined)
    if (before && before.expires > settings.clock()) return `Bearer ${before.text}`
    const asking = fetchToken(endpoint, bearer!, wanted, credentials, settings)
    tokens.set(key, asking)
    try {
      return `Bearer ${(await asking).text}`
    } catch (error) {
      if (tokens.get(key) === asking) tokens.delete(key)
      throw error
    }
  }

  async function basic(endpoint: Endpoint): Promise<string | undefined> {
    const credentials = await credentialsOf(endpoint.registry)
    return credentials && 'username' in credentials ? basicHeader(credentials) : undefined
  }

  return {
    async header(endpoint, scopes) {
      const state = known.get(endpoint.base.origin)
      if (!state) return undefined
      return state.kind === 'basic' ? basic(endpoint) : tokenHeader(endpoint, state, scopes, false)
    },
    async answer(endpoint, challenge, scopes) {
      const challenges = parseChallenges(challenge ?? '')
      const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'))?.parameters
      if (bearer) {
        const now: Known = {
          kind: 'bearer',
          bearer: { realm: bearer.get('realm')!, service: bearer.get('service') },
          tokens: known.get(endpoint.base.origin)?.tokens ?? new Map(),
        }
        const asks = (bearer.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
        const all = scopes.length > 0 ? scopes : asks
        const header = await tokenHeader(endpoint, now, all, true)
        // only now: a realm that was refused, or gave nothing, is not remembered
        known.set(endpoint.base.origin, now)
        return header
      }
      if (!challenges.some(({ scheme }) => scheme === 'basic')) return undefined
      known.set(endpoint.base.origin, { kind: 'basic', tokens: new Map() })
      return basic(endpoint)
    },
  }
}
