import { failure, json } from './answers.js'

/** Who may use the registry, and how they have to show it. */
export interface MemoryAuth {
  readonly kind: 'basic' | 'token'
  readonly username: string
  readonly password: string
  /** Origin of the token server; default `https://auth.REGISTRY`. */
  readonly tokenOrigin?: string
  /** Tokens for pulling are given to everybody. */
  readonly anonymousPull?: boolean
  /** Seconds; default 300. */
  readonly expiresIn?: number
}

interface Granted {
  readonly scopes: ReadonlySet<string>
  readonly expires: number
}

/** The registry's gate and its token server. */
export interface Access {
  /** undefined: let through. */
  refuse(request: Request, needs: readonly string[], realm?: string): Response | undefined
  token(request: Request, url: URL, body: Uint8Array): Response
}

export function createAccess(auth: MemoryAuth, tokenOrigin: string, clock: () => number): Access {
  const basic = `Basic ${btoa(`${auth.username}:${auth.password}`)}`
  const granted = new Map<string, Granted>()
  let count = 0
  return {
    refuse(request, needs) {
      const given = request.headers.get('authorization') ?? ''
      if (auth.kind === 'basic') {
        return given === basic
          ? undefined
          : failure(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': 'Basic realm="memory"' })
      }
      const grant = /^Bearer /.test(given) ? granted.get(given.slice('Bearer '.length)) : undefined
      if (grant && grant.expires > clock() && needs.every((need) => grant.scopes.has(need))) return undefined
      const scope =
        needs.length > 0
          ? `,scope="${[...new Set(needs.map((need) => need.slice(0, need.lastIndexOf(':'))))].map((name) => `${name}:${actions(needs, name)}`).join(' ')}"`
          : ''
      return failure(401, 'UNAUTHORIZED', 'authentication required', {
        'www-authenticate': `Bearer realm="${tokenOrigin}/token",service="memory"${scope}`,
      })
    },
    token(request, url, body) {
      const form = request.method === 'POST' ? new URLSearchParams(new TextDecoder().decode(body)) : url.searchParams
      const known = request.headers.get('authorization') === basic || form.get('refresh_token') === `refresh-${auth.password}`
      const given = request.headers.has('authorization') || form.has('refresh_token')
      if (given && !known) return failure(401, 'UNAUTHORIZED', 'wrong password')
      const scopes = new Set<string>()
      for (const scope of form.getAll('scope').flatMap((text) => text.split(' '))) {
        const at = scope.lastIndexOf(':')
        for (const action of scope.slice(at + 1).split(',')) {
          if (known || (auth.anonymousPull && action === 'pull')) scopes.add(`${scope.slice(0, at)}:${action}`)
        }
      }
      const token = `memory-token-${++count}`
      const seconds = auth.expiresIn ?? 300
      granted.set(token, { scopes, expires: clock() + seconds * 1000 })
      return json({ token, expires_in: seconds })
    },
  }
}

const actions = (needs: readonly string[], name: string): string =>
  needs.flatMap((need) => (need.slice(0, need.lastIndexOf(':')) === name ? [need.slice(need.lastIndexOf(':') + 1)] : [])).join(',')
