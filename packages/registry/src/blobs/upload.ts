import type { Digest } from '@layerwright/digest'
import { RegistryError } from '../errors.js'
import { discard } from '../http/body.js'
import { pause } from '../http/retry.js'
import { uploadLocation } from '../http/send.js'
import { type Place, pullScope, pushScope, urlIn } from '../repository/context.js'
import type { Content } from '../types.js'
import { type Bodies, heldBodies, streamedBodies } from './bodies.js'
import { blobSize } from './info.js'

interface Wanted {
  readonly digest: Digest
  readonly size: number
}

/** An upload that the registry keeps open. */
interface Session {
  url: URL
  /** Bytes that the registry has. */
  committed: number
  /** Bytes that every chunk but the last must have. */
  readonly least: number
}

/** Asks for a mount from another repository of the registry. Gives `true` when it is there now, else the upload that the registry opened in its place. */
export async function tryMount(place: Place, digest: Digest, from: string): Promise<true | Session> {
  const url = urlIn(place, place.endpoint, 'blobs/uploads/')
  url.searchParams.set('mount', digest)
  url.searchParams.set('from', from)
  const answer = await place.send(place.endpoint, {
    method: 'POST',
    url,
    // both, each as a scope of its own: a token for one of them alone is refused
    scopes: [pushScope(place.name), pullScope(from)],
    expect: [201, 202],
  })
  discard(answer.response)
  return answer.response.status === 201 ? true : sessionOf(place, answer)
}

async function openSession(place: Place): Promise<Session> {
  const answer = await place.send(place.endpoint, {
    method: 'POST',
    url: urlIn(place, place.endpoint, 'blobs/uploads/'),
    scopes: [pushScope(place.name)],
    expect: [202],
  })
  discard(answer.response)
  return sessionOf(place, answer)
}

function sessionOf(place: Place, answer: Parameters<typeof uploadLocation>[0]): Session {
  const least = Number(answer.response.headers.get('oci-chunk-min-length') ?? 0)
  return { url: uploadLocation(answer, place.endpoint), committed: 0, least: Number.isSafeInteger(least) && least > 0 ? least : 0 }
}

/** Takes back an upload that will not be finished; the registry would keep its bytes for days. */
export async function cancelSession(place: Place, { url }: Session): Promise<void> {
  try {
    const { response } = await place.send(place.endpoint, {
      method: 'DELETE',
      url,
      scopes: [pushScope(place.name)],
      expect: [204, 202, 200, 404, 405],
      retry: 'once',
    })
    discard(response)
  } catch (error) {
    // it is only tidying up; what went wrong before is what matters
    if (!(error instanceof RegistryError)) throw error
  }
}

/**
 * Brings a blob in chunks, streamed where the transport can, else held in memory until the registry has them. After a failure the registry is asked how far it got (S37: only at its own origin), and the upload goes
 * on from there; where it has forgotten the upload, a new one begins.
 */
export async function uploadBlob(place: Place, wanted: Wanted, content: Content, opened?: Session): Promise<'uploaded' | 'present'> {
  const { settings } = place
  const { digest, size } = wanted
  const tell = (done: number) => settings.emit({ type: 'blob.progress', direction: 'push', repository: place.name, digest, done, size })
  const bodies = settings.transport.streams ? streamedBodies(content, wanted, tell) : heldBodies(content, wanted)
  let session = opened
  let failures = 0
  let furthest = 0
  // a registry that gets on is tried as often as one that has not failed yet
  const progressed = (committed: number): void => {
    if (committed - furthest < settings.limits.progress) return
    furthest = committed
    failures = 0
  }
  try {
    for (;;) {
      settings.signal?.throwIfAborted()
      try {
        session ??= await openSession(place)
        await sendRest(place, session, wanted, bodies, { tell, progressed })
        return 'uploaded'
      } catch (error) {
        settings.signal?.throwIfAborted()
        // a registry that forgot the upload, or that sees the chunk in another place than we do, is asked again
        const lost = error instanceof RegistryError && session !== undefined && (error.status === 404 || error.status === 416)
        if (!(error instanceof RegistryError) || !(error.transient || lost)) throw error
        failures++
        if (failures >= settings.limits.attempts) throw error
        await pause(settings, failures, error)
        // the answer may have been lost after the work was done
        if ((await blobSize(place, place.endpoint, wanted.digest)) === wanted.size) return 'present'
        session = session && (await resume(place, session, wanted))
        if (session) progressed(session.committed)
      }
    }
  } catch (error) {
    if (session && !settings.signal?.aborted) await cancelSession(place, session)
    throw error
  } finally {
    await bodies.close()
  }
}

/**
 * How far the registry got; undefined: begin again. Docker's own registry (2.8) ends an upload whose connection broke inside a chunk, others go on from the last byte
 * that arrived.
 */
async function resume(place: Place, session: Session, { size }: Wanted): Promise<Session | undefined> {
  const answer = await place.send(place.endpoint, {
    method: 'GET',
    url: session.url,
    scopes: [pushScope(place.name)],
    expect: [204, 200, 202, 400, 404, 405, 416],
  })
  const { response } = answer
  discard(response)
  const committed = committedOf(response.headers.get('range'))
  // `0-0` is written for one byte and for none
  if (![204, 200, 202].includes(response.status) || committed === undefined || committed <= 1 || committed > size) return undefined
  const url = response.headers.has('location') ? uploadLocation(answer, place.endpoint) : session.url
  return { ...session, url, committed }
}

/** `0-99` are 100 bytes; some write `bytes=0-99`. */
function committedOf(range: string | null): number | undefined {
  const last = /^(?:bytes[= ])?0-(\d+)$/.exec(range ?? '')?.[1]
  return last === undefined ? undefined : Number(last) + 1
}

async function sendRest(
  place: Place,
  session: Session,
  { digest, size }: Wanted,
  bodies: Bodies,
  { tell, progressed }: { readonly tell: (done: number) => void; readonly progressed: (committed: number) => void },
): Promise<void> {
  const { limits, transport } = place.settings
  const chunk = Math.max(transport.streams ? limits.uploadStream : limits.uploadChunk, session.least)
  while (size - session.committed > chunk || (session.committed > 0 && session.committed < size)) {
    const at = session.committed
    const next = Math.min(at + chunk, size)
    const body = await bodies.part(at, next - at)
    if (next < size) bodies.ahead(next, Math.min(chunk, size - next))
    const answer = await place.send(place.endpoint, {
      method: 'PATCH',
      url: session.url,
      headers: { 'content-type': 'application/octet-stream', 'content-range': `${at}-${next - 1}` },
      body,
      scopes: [pushScope(place.name)],
      expect: [202, 201, 204],
      retry: 'once',
    })
    discard(answer.response)
    const committed = committedOf(answer.response.headers.get('range')) ?? next
    if (committed <= at || committed > next)
      throw new RegistryError(
        'RESPONSE_INVALID',
        digest,
        `After bytes ${at} to ${next} of ${digest} the registry says that it has ${committed}`,
      )
    session.committed = committed
    session.url = uploadLocation(answer, place.endpoint)
    tell(committed)
    progressed(committed)
  }
  // a small blob goes whole in the request that ends the upload
  const body = session.committed === 0 ? await bodies.part(0, size) : undefined
  const url = new URL(session.url)
  url.searchParams.set('digest', digest)
  const { response } = await place.send(place.endpoint, {
    method: 'PUT',
    url,
    headers: { 'content-type': 'application/octet-stream' },
    ...(body ? { body } : {}),
    scopes: [pushScope(place.name)],
    expect: [201, 204],
    retry: 'once',
  })
  discard(response)
  const said = response.headers.get('docker-content-digest')
  if (said !== null && said !== digest)
    throw new RegistryError('DIGEST_MISMATCH', digest, `The registry keeps blob ${digest} as ${said.slice(0, 100)}`)
  tell(size)
}
