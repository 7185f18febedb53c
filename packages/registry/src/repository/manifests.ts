import { type Digest, isDigest, sha256 } from '@layerwright/digest'
import { type Descriptor, ImageError, imageLimits, MEDIA, parseDocument } from '@layerwright/image'
import { RegistryError } from '../errors.js'
import { discard, readAll } from '../http/body.js'
import { retrying } from '../http/retry.js'
import type { HttpResponse } from '../http/transport.js'
import type { Endpoint } from '../settings.js'
import type { RawManifest, RepositoryManifests } from '../types.js'
import { deleteScope, fromReaders, type Place, pullScope, pushScope, urlIn } from './context.js'
import { listReferrer, subjectOf, unlistReferrer } from './referrers.js'

/** What we can do something with comes first; anything else is taken too, and kept as it is. Without OCI's types in it registries say that there is nothing. */
export const ACCEPT = [MEDIA.manifest, MEDIA.index, MEDIA.dockerManifest, MEDIA.dockerList, '*/*;q=0.1'].join(', ')

const KNOWN: ReadonlySet<string> = new Set([MEDIA.manifest, MEDIA.index, MEDIA.dockerManifest, MEDIA.dockerList])

export function repositoryManifests(place: Place): RepositoryManifests {
  const { endpoint } = place
  return {
    get: (tagOrDigest) => fromReaders(place, (reader) => retrying(place.settings, () => getManifest(place, reader, tagOrDigest))),
    head: (tagOrDigest) => fromReaders(place, (reader) => headManifest(place, reader, tagOrDigest)),
    async put(bytes, mediaType, tagOrDigest) {
      const digest = sha256(bytes)
      if (isDigest(tagOrDigest) && tagOrDigest !== digest)
        throw new RegistryError('DIGEST_MISMATCH', tagOrDigest, `A manifest with the digest ${digest} can't be put as ${tagOrDigest}`)
      const response = await retrying(place.settings, () => putOnce(place, bytes, mediaType, tagOrDigest, digest))
      const descriptor: Descriptor = { mediaType, digest, size: bytes.length }
      await listReferrer(place, descriptor, bytes, response.headers.get('oci-subject'))
      return descriptor
    },
    async delete(tagOrDigest) {
      const subject = isDigest(tagOrDigest) ? await subjectBelow(place, tagOrDigest) : undefined
      try {
        const { response } = await place.send(endpoint, {
          method: 'DELETE',
          url: urlIn(place, endpoint, `manifests/${tagOrDigest}`),
          scopes: [deleteScope(place.name)],
          expect: [202, 200, 204],
        })
        discard(response)
      } catch (error) {
        throw deletesNot(place, tagOrDigest, error)
      }
      if (subject && isDigest(tagOrDigest)) await unlistReferrer(place, subject, tagOrDigest)
    },
  }
}

/** A registry that deletes no tags says 400 or 405 to one (distribution-spec, "Deleting tags"); one that deletes nothing says 405 to a digest too. */
function deletesNot({ name }: Place, tagOrDigest: string, error: unknown): unknown {
  if (!(error instanceof RegistryError) || !(error.status === 405 || (error.status === 400 && !isDigest(tagOrDigest)))) return error
  const { subject, status, details, message } = error
  return new RegistryError(
    'DELETE_REFUSED',
    subject,
    `The registry does not delete ${isDigest(tagOrDigest) ? tagOrDigest : `the tag ${tagOrDigest}`} of ${name} (${message})`,
    {
      cause: error,
      status,
      details,
      hint: isDigest(tagOrDigest)
        ? 'deleting is switched off there: ask who runs the registry'
        : 'delete the manifest by its digest, NAME@sha256:…; all tags of that manifest go with it',
    },
  )
}

/** What a manifest refers to that is about to be deleted; one that can't be read refers to nothing. */
async function subjectBelow(place: Place, digest: Digest): Promise<Digest | undefined> {
  try {
    return subjectOf((await retrying(place.settings, () => getManifest(place, place.endpoint, digest))).bytes)
  } catch (error) {
    if (error instanceof RegistryError || error instanceof ImageError) return undefined
    throw error
  }
}

/** What the registry says that it keeps must be what was sent; if it is not, the name points to something else now, and the right one is sent again. */
async function putOnce(place: Place, bytes: Uint8Array, mediaType: string, tagOrDigest: string, digest: Digest): Promise<HttpResponse> {
  const { response } = await place.send(place.endpoint, {
    method: 'PUT',
    url: urlIn(place, place.endpoint, `manifests/${tagOrDigest}`),
    headers: { 'content-type': mediaType },
    body: new Uint8Array(bytes),
    scopes: [pushScope(place.name)],
    expect: [201, 200, 202],
    retry: 'once',
  })
  discard(response)
  const said = response.headers.get('docker-content-digest')
  if (said !== null && isDigest(said) && said !== digest) throw changed(digest, said)
  // one that does not say what it keeps is asked
  if (said === null || !isDigest(said)) {
    const kept = await headManifest(place, place.endpoint, tagOrDigest)
    if (kept?.digest !== digest) throw changed(digest, kept?.digest)
  }
  return response
}

const changed = (digest: Digest, kept: string | undefined) =>
  new RegistryError('DIGEST_MISMATCH', digest, `The registry keeps manifest ${digest} as ${kept ?? 'nothing'}`, {
    transient: true,
    hint: 'it was changed on the way or by the registry; what the name points to now is not what was pushed',
  })

/** `Content-Type` without its parameters. */
const mediaTypeOf = (response: HttpResponse): string => (response.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()

async function getManifest(place: Place, endpoint: Endpoint, tagOrDigest: string): Promise<RawManifest> {
  const { response, url } = await place.send(endpoint, {
    method: 'GET',
    url: urlIn(place, endpoint, `manifests/${tagOrDigest}`),
    headers: { accept: ACCEPT },
    scopes: [pullScope(place.name)],
    expect: [200],
    retry: 'once',
  })
  const bytes = await readAll(response, url, imageLimits.manifestBytes, place.settings)
  const digest = sha256(bytes)
  const said = response.headers.get('docker-content-digest')
  const expected = isDigest(tagOrDigest) ? tagOrDigest : said !== null && isDigest(said) ? said : digest
  if (digest !== expected) throw damaged(expected, digest)
  const mediaType = mediaTypeOf(response)
  if (mediaType === '')
    throw new RegistryError(
      'RESPONSE_INVALID',
      expected,
      `The registry does not say what kind of document ${tagOrDigest} is (no Content-Type)`,
    )
  // read once here, so that one which could be read in two ways goes nowhere (S34)
  if (KNOWN.has(mediaType)) parseDocument(bytes, `${place.name}@${digest}`, mediaType)
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes }
}

const damaged = (expected: Digest, actual: Digest) =>
  new RegistryError('DIGEST_MISMATCH', expected, `What came for manifest ${expected} has the digest ${actual}`, {
    transient: true,
    hint: 'it was damaged on the way, or this is not the registry that it seems to be',
  })

async function headManifest(place: Place, endpoint: Endpoint, tagOrDigest: string): Promise<Descriptor | undefined> {
  const { response } = await place.send(endpoint, {
    method: 'HEAD',
    url: urlIn(place, endpoint, `manifests/${tagOrDigest}`),
    headers: { accept: ACCEPT },
    scopes: [pullScope(place.name)],
    expect: [200, 404, 405],
  })
  discard(response)
  if (response.status === 404) return undefined
  const digest = response.headers.get('docker-content-digest')
  const size = Number(response.headers.get('content-length') ?? Number.NaN)
  const mediaType = mediaTypeOf(response)
  if (response.status === 200 && digest !== null && isDigest(digest) && Number.isSafeInteger(size) && mediaType !== '') {
    if (isDigest(tagOrDigest) && tagOrDigest !== digest) throw damaged(tagOrDigest, digest)
    return { mediaType, digest, size }
  }
  // some registries tell no digest here
  return (await retrying(place.settings, () => getManifest(place, endpoint, tagOrDigest))).descriptor
}
