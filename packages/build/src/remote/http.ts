/**
 * The build's one gate to the web: GET of http and https addresses that the Dockerfile names, and nothing else. It never sends a credential to another origin
 * than the one it was given for, and stops at a size and a number of redirects.
 */
import type { Digest } from '@layerwright/digest'
import type { Blob, Store } from '@layerwright/store'
import { RemoteError } from '../errors.js'
import { MAX_REDIRECTS, MAX_REMOTE_BYTES } from '../limits.js'
import { remoteFileName } from './address.js'
import type { Fetch } from './types.js'

/** A file from the web, in the store. */
export interface RemoteFile {
  readonly blob: Blob
  readonly name: string
  /** From Last-Modified; undefined where the server says none. */
  readonly mtimeNs: bigint | undefined
}

/** What is known of an address from earlier builds. */
interface Known {
  readonly digest: Digest
  readonly name: string
  readonly etag: string | null
  readonly lastModified: string | null
}

export const HTTP_SOURCE = 'http-source'

export interface FetchOptions {
  readonly store: Store
  readonly fetch: Fetch
  readonly signal: AbortSignal
  /** sha256 that the file has to have: one that lies in the store already is not asked for again. */
  readonly expected?: Digest | undefined
}

/** Gets a file, or finds that the one of an earlier build is still the server's. @throws RemoteError */
export async function fetchFile(address: string, options: FetchOptions): Promise<RemoteFile> {
  const { store, expected } = options
  const { url, authorization } = withoutCredentials(address)
  const known = decode(await store.record(HTTP_SOURCE, url))
  const there = known && (await store.blob(known.digest))
  if (there) await store.touch(HTTP_SOURCE, url)
  if (known && there && known.digest === expected) return fileOf(there, known)
  const headers: Record<string, string> = { 'user-agent': 'layerwright', accept: '*/*', 'accept-encoding': 'identity' }
  if (authorization) headers.authorization = authorization
  if (known && there) {
    if (known.etag) headers['if-none-match'] = known.etag
    else if (known.lastModified) headers['if-modified-since'] = known.lastModified
  }
  const response = await follow(url, headers, options)
  if (response.status === 304 && known && there) {
    await response.body?.cancel()
    return fileOf(there, known)
  }
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new RemoteError(url, `invalid response status ${response.status}`)
  }
  const blob = await receive(url, response, store)
  const made: Known = {
    digest: blob.digest,
    name: remoteFileName(url, response.headers.get('content-disposition')),
    etag: response.headers.get('etag'),
    lastModified: response.headers.get('last-modified'),
  }
  await store.putRecord(HTTP_SOURCE, url, new TextEncoder().encode(JSON.stringify(made)))
  return fileOf(blob, made)
}

function fileOf(blob: Blob, { name, lastModified }: Known): RemoteFile {
  const time = lastModified === null ? Number.NaN : Date.parse(lastModified)
  return { blob, name, mtimeNs: Number.isNaN(time) ? undefined : BigInt(time) * 1_000_000n }
}

function decode(bytes: Uint8Array | undefined): Known | undefined {
  try {
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Known)
  } catch {
    return undefined // written again
  }
}

/** A name and password of an address become a header: they must not be in records and messages, and `fetch` refuses them in an address. */
function withoutCredentials(address: string): { url: string; authorization: string | undefined } {
  let url: URL
  try {
    url = new URL(address)
  } catch (cause) {
    throw new RemoteError(address, 'this is no address', cause)
  }
  const { username, password } = url
  url.username = ''
  url.password = ''
  url.hash = ''
  if (username === '' && password === '') return { url: url.href, authorization: undefined }
  const bytes = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
  return { url: url.href, authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` }
}

/** Redirects by hand, so that they are counted, stay on the web, and take no credentials to another origin. A page's `fetch` hides them: there it follows itself. */
async function follow(url: string, headers: Record<string, string>, { fetch, signal }: FetchOptions): Promise<Response> {
  let at = url
  let sent = headers
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await request(fetch, at, { headers: sent, redirect: 'manual', signal })
    if (response.type === 'opaqueredirect') return request(fetch, at, { headers: sent, redirect: 'follow', signal })
    const location = response.headers.get('location')
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response
    await response.body?.cancel()
    const next = new URL(location, at)
    if (next.protocol !== 'http:' && next.protocol !== 'https:') throw new RemoteError(url, `it redirects to ${next.protocol}`)
    if (next.origin !== new URL(at).origin) {
      const { authorization: _, ...rest } = sent
      sent = rest
    }
    at = next.href
  }
  throw new RemoteError(url, `more than ${MAX_REDIRECTS} redirects`)
}

async function request(fetch: Fetch, url: string, init: Parameters<Fetch>[1]): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    if (init.signal.aborted) throw cause
    const reason = (cause as { cause?: unknown }).cause ?? cause
    throw new RemoteError(
      url,
      reason instanceof Error ? reason.message || String((reason as { code?: unknown }).code) : String(reason),
      cause,
    )
  }
}

async function receive(url: string, response: Response, store: Store): Promise<Blob> {
  const writer = store.writer()
  let size = 0
  try {
    // A body may be absent for an empty file.
    const reader = response.body?.getReader()
    try {
      for (;;) {
        const part = await reader?.read()
        if (!part || part.done) break
        size += part.value.length
        if (size > MAX_REMOTE_BYTES) throw new RemoteError(url, `it has more than ${MAX_REMOTE_BYTES} bytes`)
        writer.write(part.value)
      }
    } finally {
      await reader?.cancel().catch(() => {})
    }
    const announced = response.headers.get('content-length')
    if (announced !== null && response.headers.get('content-encoding') === null && Number(announced) !== size)
      throw new RemoteError(url, `it ended after ${size} of ${announced} bytes`)
    return await writer.commit({ size })
  } finally {
    writer.abort()
  }
}
