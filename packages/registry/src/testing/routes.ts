import { type Digest, isDigest, sha256 } from '@layerwright/digest'
import { failure, json, page } from './answers.js'
import { type HeldRepository, holdManifest, newRepository } from './state.js'

/** A request, its body read. */
export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: Uint8Array<ArrayBuffer>
  /** Bytes of the body that arrive before the connection breaks. */
  readonly arrives: number
}

export interface RouteOptions {
  readonly referrers: boolean
  readonly deletes: boolean
  readonly mounts: boolean
  readonly ranges: boolean
  readonly repositories: Map<string, HeldRepository>
  readonly nextId: () => string
}

/** What a request to the registry is about. */
export interface Route {
  /** Token actions that it needs: `repository:NAME:pull`. */
  readonly needs: readonly string[]
  readonly answer: () => Response
}

const PATH = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/

/** Finds out what is asked for. undefined: no such place. */
export function routeOf(asked: Asked, options: RouteOptions): Route | undefined {
  const { url, method } = asked
  if (url.pathname === '/v2/' || url.pathname === '/v2') return { needs: [], answer: () => json({}) }
  if (url.pathname === '/v2/_catalog') {
    const { names, headers } = page([...options.repositories.keys()], url)
    return { needs: ['registry:catalog:*'], answer: () => json({ repositories: names }, headers) }
  }
  const [, name, kind, rest] = PATH.exec(url.pathname) ?? []
  if (name === undefined || rest === undefined) return undefined
  const repository = () => {
    const found = options.repositories.get(name) ?? newRepository()
    options.repositories.set(name, found)
    return found
  }
  const there = options.repositories.get(name)
  const reads = method === 'GET' || method === 'HEAD'
  const action = (what: string) => `repository:${name}:${what}`
  const needs = reads
    ? [action('pull')]
    : method === 'DELETE' && !/^uploads\//.test(rest)
      ? [action('delete')]
      : [action('pull'), action('push')]
  const unknown = () => failure(404, 'NAME_UNKNOWN')
  switch (kind) {
    case 'tags':
      return { needs, answer: () => (there ? tags(there, name, url) : unknown()) }
    case 'referrers':
      return { needs, answer: () => (options.referrers ? referrers(there, rest, url) : failure(404, 'UNSUPPORTED')) }
    case 'manifests':
      return {
        needs,
        answer: () =>
          reads ? (there ? manifest(there, asked, rest) : unknown()) : changeManifest(repository(), name, asked, rest, options),
      }
    default: {
      const upload = /^uploads\/(.*)$/.exec(rest)
      if (!upload) return { needs, answer: () => blob(there, asked, rest, options) }
      const from = options.mounts ? url.searchParams.get('from') : null
      return {
        needs: method === 'POST' && from !== null ? [...needs, `repository:${from}:pull`] : needs,
        answer: () => uploads(repository(), name, asked, upload[1]!, from, options),
      }
    }
  }
}

function tags(repository: HeldRepository, name: string, url: URL): Response {
  const { names, headers } = page([...repository.tags.keys()], url)
  return json({ name, tags: names }, headers)
}

function referrers(repository: HeldRepository | undefined, subject: string, url: URL): Response {
  const wanted = url.searchParams.get('artifactType')
  const manifests = [...(repository?.manifests ?? [])].flatMap(([digest, { bytes, mediaType }]) => {
    const document = JSON.parse(new TextDecoder().decode(bytes))
    const artifactType = document.artifactType ?? document.config?.mediaType
    if (document.subject?.digest !== subject || (wanted !== null && artifactType !== wanted)) return []
    return [{ mediaType, digest, size: bytes.length, artifactType, ...(document.annotations ? { annotations: document.annotations } : {}) }]
  })
  return new Response(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }), {
    status: 200,
    headers: { 'content-type': INDEX },
  })
}

const INDEX = 'application/vnd.oci.image.index.v1+json'

function manifest(repository: HeldRepository, { method, headers }: Asked, name: string): Response {
  const digest = isDigest(name) ? name : repository.tags.get(name)
  const held = digest && repository.manifests.get(digest)
  if (!held) return failure(404, 'MANIFEST_UNKNOWN')
  const accepts = headers.get('accept') ?? ''
  // as Docker's registry has it: nobody gets an OCI document who has not asked for one
  if (/\.oci\./.test(held.mediaType) && !accepts.includes('vnd.oci.'))
    return failure(404, 'MANIFEST_UNKNOWN', 'accept header does not support OCI manifests')
  return new Response(method === 'HEAD' ? null : held.bytes, {
    status: 200,
    headers: { 'content-type': held.mediaType, 'content-length': String(held.bytes.length), 'docker-content-digest': digest },
  })
}

function changeManifest(
  repository: HeldRepository,
  name: string,
  { method, headers, body, arrives }: Asked,
  reference: string,
  options: RouteOptions,
): Response {
  if (method === 'DELETE') {
    if (!options.deletes) return failure(405, 'UNSUPPORTED')
    if (!isDigest(reference))
      return repository.tags.delete(reference) ? new Response(null, { status: 202 }) : failure(404, 'MANIFEST_UNKNOWN')
    for (const [tag, digest] of repository.tags) if (digest === reference) repository.tags.delete(tag)
    return repository.manifests.delete(reference) ? new Response(null, { status: 202 }) : failure(404, 'MANIFEST_UNKNOWN')
  }
  if (method !== 'PUT') return failure(405, 'UNSUPPORTED')
  if (arrives < body.length) return failure(400, 'MANIFEST_INVALID')
  let document: Record<string, unknown>
  try {
    document = JSON.parse(new TextDecoder().decode(body))
  } catch {
    return failure(400, 'MANIFEST_INVALID')
  }
  const digest = sha256(body)
  if (isDigest(reference) && reference !== digest) return failure(400, 'DIGEST_INVALID')
  const missing = partsOf(document).filter((part) => !repository.blobs.has(part) && !repository.manifests.has(part))
  if (missing.length > 0) return failure(400, 'MANIFEST_BLOB_UNKNOWN', `lacks ${missing.join(', ')}`)
  holdManifest(repository, body, headers.get('content-type') ?? '', isDigest(reference) ? undefined : reference)
  const subject = (document.subject as { digest?: string } | undefined)?.digest
  return new Response(null, {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(options.referrers && subject !== undefined ? { 'oci-subject': subject } : {}),
    },
  })
}

/** Digests that a manifest needs; foreign layers are not asked for. */
function partsOf(document: Record<string, unknown>): Digest[] {
  const list = [document.config, document.layers, document.manifests].flat() as ({ digest?: string; mediaType?: string } | undefined)[]
  return list.flatMap((one) =>
    one?.digest !== undefined && isDigest(one.digest) && !/foreign|nondistributable/.test(one.mediaType ?? '') ? [one.digest] : [],
  )
}

function blob(repository: HeldRepository | undefined, { method, headers }: Asked, digest: string, options: RouteOptions): Response {
  const bytes = isDigest(digest) ? repository?.blobs.get(digest) : undefined
  if (!bytes) return failure(404, 'BLOB_UNKNOWN')
  if (method === 'DELETE') {
    if (!options.deletes) return failure(405, 'UNSUPPORTED')
    repository!.blobs.delete(digest as Digest)
    return new Response(null, { status: 202 })
  }
  const common = { 'content-type': 'application/octet-stream', 'docker-content-digest': digest }
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec((options.ranges && method === 'GET' && headers.get('range')) || '') ?? []
  if (first === undefined)
    return new Response(method === 'HEAD' ? null : bytes, { status: 200, headers: { ...common, 'content-length': String(bytes.length) } })
  const start = Number(first)
  const end = Math.min(last ? Number(last) + 1 : bytes.length, bytes.length)
  if (start >= bytes.length) return failure(416, 'RANGE_INVALID')
  return new Response(bytes.subarray(start, end), {
    status: 206,
    headers: { ...common, 'content-length': String(end - start), 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` },
  })
}

function uploads(
  repository: HeldRepository,
  name: string,
  { method, url, headers, body, arrives }: Asked,
  id: string,
  from: string | null,
  options: RouteOptions,
): Response {
  const mount = url.searchParams.get('mount')
  const created = (digest: string) =>
    new Response(null, { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest } })
  if (method === 'POST') {
    const bytes = from !== null && mount !== null && isDigest(mount) ? options.repositories.get(from)?.blobs.get(mount) : undefined
    if (bytes) {
      repository.blobs.set(mount as Digest, bytes)
      return created(mount!)
    }
    const next = options.nextId()
    repository.uploads.set(next, { bytes: new Uint8Array(0) })
    return accepted(name, next, 0)
  }
  const upload = repository.uploads.get(id)
  if (!upload) return failure(404, 'BLOB_UPLOAD_UNKNOWN')
  const state = url.searchParams.get('state')
  // Location changes with every chunk; an old one is refused, as real registries do
  if (state !== null && method !== 'GET' && method !== 'DELETE' && Number(state) !== upload.bytes.length)
    return failure(416, 'BLOB_UPLOAD_INVALID')
  if (method === 'GET') return accepted(name, id, upload.bytes.length, 204)
  if (method === 'DELETE') {
    repository.uploads.delete(id)
    return new Response(null, { status: 204 })
  }
  const range = /^(\d+)-(\d+)$/.exec(headers.get('content-range') ?? '')
  if (range && Number(range[1]) !== upload.bytes.length) return failure(416, 'RANGE_INVALID')
  upload.bytes = joined(upload.bytes, body.subarray(0, arrives))
  if (method === 'PATCH') return accepted(name, id, upload.bytes.length)
  if (method !== 'PUT') return failure(405, 'UNSUPPORTED')
  // the connection broke: what came is kept, and the upload stays open
  if (arrives < body.length) return accepted(name, id, upload.bytes.length)
  repository.uploads.delete(id)
  const digest = url.searchParams.get('digest') ?? ''
  if (sha256(upload.bytes) !== digest) return failure(400, 'DIGEST_INVALID')
  repository.blobs.set(digest as Digest, upload.bytes)
  return created(digest)
}

function accepted(name: string, id: string, size: number, status = 202): Response {
  return new Response(null, {
    status,
    headers: { location: `/v2/${name}/blobs/uploads/${id}?state=${size}`, range: `0-${Math.max(0, size - 1)}`, 'docker-upload-uuid': id },
  })
}

function joined(a: Uint8Array<ArrayBuffer>, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}
