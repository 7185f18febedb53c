import { type Access, createAccess, type MemoryAuth } from './access.js'
import { failure } from './answers.js'
import { type Fault, spoil } from './faults.js'
import { type Asked, type RouteOptions, routeOf } from './routes.js'
import { type HeldRepository, newRepository } from './state.js'

/** A request as the memory registry saw it, to whatever host it went. */
export interface SeenRequest {
  /** From 0, counting all requests of this registry's `fetch`. */
  readonly number: number
  readonly method: string
  readonly url: string
  readonly host: string
  /** The header, verbatim: tests look where it went. */
  readonly authorization: string | null
  readonly headers: ReadonlyMap<string, string>
  /** Bytes of the body. */
  readonly sent: number
  /** Undefined where there was no answer. */
  status: number | undefined
}

export interface MemoryRegistryOptions {
  /** `host[:port]` under which it is known; default `registry.test`. */
  readonly host?: string
  readonly auth?: MemoryAuth
  /** What goes wrong with a request; asked once for each, in order. */
  readonly fault?: (request: SeenRequest) => Fault | undefined
  /** Whether it has the referrers API; default true. */
  readonly referrers?: boolean
  /** Whether it allows deleting; default true. */
  readonly deletes?: boolean
  /** Whether it mounts across repositories; default true. */
  readonly mounts?: boolean
  /** Whether it knows ranges of blobs; default true. */
  readonly ranges?: boolean
  /** Blobs are redirected to this origin, which serves them to whoever asks without credentials, and refuses those who come with any. */
  readonly blobOrigin?: string
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/** An OCI registry in memory, with faults on demand: what tests of anything that talks to registries need. */
export interface MemoryRegistry {
  readonly host: string
  /** Reaches the registry, its token server and its blob host; every other host answers 200 with a token of its own, as an attacker's would. */
  readonly fetch: typeof fetch
  /** By name; asking for one makes it. */
  repository(name: string): HeldRepository
  readonly repositories: ReadonlyMap<string, HeldRepository>
  /** Everything that was asked, in order. */
  readonly requests: readonly SeenRequest[]
  /** Changes what goes wrong from now on. */
  setFault(fault: MemoryRegistryOptions['fault']): void
}

export function memoryRegistry(options: MemoryRegistryOptions = {}): MemoryRegistry {
  const { host = 'registry.test', auth, clock = Date.now } = options
  const tokenOrigin = auth?.tokenOrigin ?? `https://auth.${host}`
  const access: Access | undefined = auth && createAccess(auth, tokenOrigin, clock)
  const repositories = new Map<string, HeldRepository>()
  const requests: SeenRequest[] = []
  let { fault: faultOf } = options
  let ids = 0
  const routing: RouteOptions = {
    referrers: options.referrers ?? true,
    deletes: options.deletes ?? true,
    mounts: options.mounts ?? true,
    ranges: options.ranges ?? true,
    repositories,
    nextId: () => `upload-${++ids}`,
  }

  const answer = (request: Request, asked: Asked): Response => {
    const { url } = asked
    if (access && url.origin === tokenOrigin && url.pathname === '/token') return access.token(request, url, asked.body)
    const isBlobHost = url.origin === options.blobOrigin
    if (url.host !== host && !isBlobHost) return new Response(JSON.stringify({ token: 'token-of-a-stranger' }), { status: 200 })
    const route = routeOf(asked, routing)
    if (!route) return failure(404, 'UNSUPPORTED')
    if (isBlobHost)
      return request.headers.has('authorization') ? failure(400, 'UNSUPPORTED', 'only one way to authenticate') : route.answer()
    const refused = access?.refuse(request, route.needs)
    if (refused) return refused
    const isBlob = /\/blobs\/sha256:/.test(url.pathname)
    if (options.blobOrigin !== undefined && isBlob && request.method === 'GET')
      return new Response(null, { status: 307, headers: { location: `${options.blobOrigin}${url.pathname}?signature=secret` } })
    return route.answer()
  }

  const handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    const body = new Uint8Array(await request.arrayBuffer())
    const seen: SeenRequest = {
      number: requests.length,
      method: request.method,
      url: request.url,
      host: url.host,
      authorization: request.headers.get('authorization'),
      headers: new Map(request.headers),
      sent: body.length,
      status: undefined,
    }
    requests.push(seen)
    const fault = faultOf?.(seen)
    const uploading = body.length > 0
    const made = instead(fault, request)
    const asked: Asked = {
      method: request.method,
      url,
      headers: request.headers,
      body: fault?.kind === 'corrupt' && uploading ? flipped(body) : body,
      arrives: fault?.kind === 'cut' && uploading ? Math.min(fault.after, body.length) : body.length,
    }
    const response = made ?? answer(request, asked)
    if (fault?.kind === 'dropAnswer' || (fault?.kind === 'cut' && uploading)) throw new TypeError('fetch failed')
    seen.status = response.status
    if (fault?.kind === 'corrupt' && uploading) return response
    return spoil(response, fault, new Uint8Array(await response.arrayBuffer()))
  }

  return {
    host,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const { signal } = request
      signal.throwIfAborted()
      const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
      return Promise.race([handle(request), aborted])
    },
    repository(name) {
      const found = repositories.get(name) ?? newRepository()
      repositories.set(name, found)
      return found
    },
    repositories,
    requests,
    setFault(fault) {
      faultOf = fault
    },
  }
}

/** Answers that take the place of the registry's own. */
function instead(fault: Fault | undefined, request: Request): Response | undefined {
  switch (fault?.kind) {
    case 'drop':
      throw new TypeError('fetch failed')
    case 'status':
      return failure(fault.status, fault.code ?? 'UNKNOWN', 'made to fail', fault.headers)
    case 'challenge':
      return failure(401, 'UNAUTHORIZED', 'made to ask', { 'www-authenticate': `Bearer realm="${fault.realm}",service="memory"` })
    case 'redirect':
      return new Response(null, { status: fault.status ?? 307, headers: { location: new URL(fault.to, request.url).href } })
    default:
      return undefined
  }
}

function flipped(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const wrong = bytes.slice()
  wrong[wrong.length >> 1] = wrong[wrong.length >> 1]! ^ 1
  return wrong
}
