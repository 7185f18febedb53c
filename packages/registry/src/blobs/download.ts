import { createHasher, type Digest } from '@layerwright/digest'
import { RegistryError } from '../errors.js'
import { chunksOf, discard } from '../http/body.js'
import { pause } from '../http/retry.js'
import { fromReaders, type Place, pullScope, urlIn } from '../repository/context.js'
import type { Endpoint } from '../settings.js'
import type { Content } from '../types.js'

interface Wanted {
  readonly digest: Digest
  readonly size: number
}

/**
 * A blob that is fetched when it is read, and fetched on from where the connection broke. Never gives more bytes than described; that they are the right ones
 * is for `verifying`.
 */
export function blobContent(place: Place, { digest, size }: Wanted): Content {
  return {
    size,
    async *stream(start = 0, end = size) {
      yield* download(place, { digest, size }, start, Math.min(end, size))
    },
  }
}

/** A content whose size and digest are checked when it is read from begin to end (S38). Parts of it are not checked. */
export function verifying(content: Content, { digest, size }: Wanted): Content {
  return {
    size,
    async *stream(start = 0, end = size) {
      if (start > 0 || end < size) {
        yield* content.stream(start, end)
        return
      }
      const hasher = createHasher()
      for await (const chunk of content.stream()) {
        hasher.update(chunk)
        yield chunk
      }
      const actual = hasher.digest()
      if (actual !== digest)
        throw new RegistryError('DIGEST_MISMATCH', digest, `What came for blob ${digest} has the digest ${actual}`, {
          hint: 'it was damaged on the way or at the registry; get it again, or have the image pushed again',
        })
    },
  }
}

async function* download(place: Place, wanted: Wanted, start: number, end: number): AsyncGenerator<Uint8Array> {
  const { settings } = place
  const { digest, size } = wanted
  const tell = (done: number) => settings.emit({ type: 'blob.progress', direction: 'pull', repository: place.name, digest, done, size })
  let at = start
  let failures = 0
  let counted = start
  while (at < end) {
    settings.signal?.throwIfAborted()
    try {
      for await (const chunk of range(place, wanted, at, end)) {
        at += chunk.length
        yield chunk
        tell(at)
      }
      if (at < end) throw shortBody(digest, at, end)
    } catch (error) {
      if (!(error instanceof RegistryError) || !error.transient) throw error
      if (at - counted >= settings.limits.progress) failures = 0
      counted = at
      failures++
      if (failures >= settings.limits.attempts) throw error
      await pause(settings, failures, error)
    }
  }
  if (start === 0 && end === size)
    settings.emit({ type: 'blob.finished', direction: 'pull', repository: place.name, digest, size, outcome: 'downloaded' })
}

const shortBody = (digest: Digest, at: number, end: number) =>
  new RegistryError('SIZE_MISMATCH', digest, `Blob ${digest} ended at byte ${at}, where it should go on to ${end}`, {
    transient: true,
    hint: 'it was cut on the way, or the registry has a damaged copy',
  })

/** Bytes `[at, end)` in one request; they may end early. */
async function* range(place: Place, wanted: Wanted, at: number, end: number): AsyncGenerator<Uint8Array> {
  const { digest, size } = wanted
  const whole = at === 0 && end === size
  const { response, url } = await fromReaders(place, (endpoint) => open(place, endpoint, wanted, at, end))
  const { status, headers } = response
  if (status === 416) {
    discard(response)
    throw new RegistryError(
      'SIZE_MISMATCH',
      digest,
      `The registry has fewer than ${at + 1} bytes of blob ${digest}, which is said to have ${size}`,
    )
  }
  const partial = status === 206
  if (partial && !new RegExp(`^bytes ${at}-`).test(headers.get('content-range') ?? '')) {
    discard(response)
    throw new RegistryError(
      'RESPONSE_INVALID',
      digest,
      `Bytes from ${at} of blob ${digest} were asked for, ${headers.get('content-range')} came`,
    )
  }
  const length = headers.get('content-length')
  if (whole && !partial && length !== null && /^\d+$/.test(length) && Number(length) > size && headers.get('content-encoding') === null) {
    discard(response)
    throw tooLong(digest, size)
  }
  let skip = partial ? 0 : at
  let left = end - at
  for await (const chunk of chunksOf(response, url, place.settings)) {
    const rest = chunk.subarray(Math.min(skip, chunk.length))
    skip -= chunk.length - rest.length
    if (rest.length === 0) continue
    if (rest.length > left) {
      // a registry that does not know ranges sends what lies behind, too
      if (end === size) throw tooLong(digest, size)
      if (left > 0) yield rest.subarray(0, left)
      return
    }
    left -= rest.length
    yield rest
  }
}

const tooLong = (digest: Digest, size: number) =>
  new RegistryError('SIZE_MISMATCH', digest, `There are more bytes of blob ${digest} than the ${size} that it is said to have`, {
    hint: 'the image does not belong together; have it pushed again',
  })

function open(place: Place, endpoint: Endpoint, { digest, size }: Wanted, at: number, end: number) {
  const whole = at === 0 && end === size
  return place.send(endpoint, {
    method: 'GET',
    url: urlIn(place, endpoint, `blobs/${digest}`),
    headers: whole ? {} : { range: `bytes=${at}-${end - 1}` },
    scopes: [pullScope(place.name)],
    expect: whole ? [200] : [200, 206, 416],
  })
}
