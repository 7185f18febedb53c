import { type Digest, hexOf, isDigest, sha256 } from '@layerwright/digest'
import { canonicalJson, type Descriptor, type ImageIndex, imageLimits, MEDIA, parseDocument } from '@layerwright/image'
import { RegistryError } from '../errors.js'
import { discard, isObject, jsonObject, readAll } from '../http/body.js'
import { nextPage } from '../http/pages.js'
import type { Referrer } from '../types.js'
import { fromReaders, type Place, pullScope, pushScope, urlIn } from './context.js'

/** The tag under which registries without the API list what refers to a manifest. */
const tagOf = (subject: Digest): string => `sha256-${hexOf(subject)}`

/** What refers to a manifest, by the API, else by the tag (distribution-spec, "Listing Referrers"). */
export async function referrersOf(place: Place, subject: Digest, artifactType: string | undefined): Promise<readonly Referrer[]> {
  const found = (await fromApi(place, subject, artifactType)) ?? (await fromTag(place, subject))?.manifests ?? []
  return (found as readonly Referrer[]).filter((one) => artifactType === undefined || one.artifactType === artifactType)
}

/** undefined: the registry has no such API. */
async function fromApi(place: Place, subject: Digest, artifactType: string | undefined): Promise<readonly Descriptor[] | undefined> {
  const found: Descriptor[] = []
  const first = (base: URL) => {
    const url = new URL(`/v2/${place.name}/referrers/${subject}`, base)
    if (artifactType !== undefined) url.searchParams.set('artifactType', artifactType)
    return url
  }
  return fromReaders(place, async (endpoint) => {
    let next: URL | undefined = first(endpoint.base)
    for (let page = 0; next && page < place.settings.limits.pages; page++) {
      const { response, url } = await place.send(endpoint, {
        method: 'GET',
        url: next,
        headers: { accept: MEDIA.index },
        scopes: [pullScope(place.name)],
        expect: [200, 404, 400, 405],
      })
      if (response.status !== 200 || !(response.headers.get('content-type') ?? '').toLowerCase().includes(MEDIA.index)) {
        discard(response)
        return undefined
      }
      const bytes = await readAll(response, url, imageLimits.manifestBytes, place.settings)
      const document = parseDocument(bytes, `referrers of ${subject}`, MEDIA.index)
      if ('index' in document) found.push(...document.index.manifests)
      next = nextPage(response, url, endpoint)
    }
    return found
  })
}

async function fromTag(place: Place, subject: Digest): Promise<ImageIndex | undefined> {
  try {
    return await fromReaders(place, async (endpoint) => {
      const { response, url } = await place.send(endpoint, {
        method: 'GET',
        url: urlIn(place, endpoint, `manifests/${tagOf(subject)}`),
        headers: { accept: MEDIA.index },
        scopes: [pullScope(place.name)],
        expect: [200],
      })
      const bytes = await readAll(response, url, imageLimits.manifestBytes, place.settings)
      const document = parseDocument(bytes, `referrers of ${subject}`)
      return 'index' in document ? document.index : undefined
    })
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

/**
 * After a manifest with a `subject` was put: where the registry does not say that it has listed it (`OCI-Subject`), it is added to the tag's list.
 * Two that do so at once may lose one entry: the tag schema has no way around that.
 */
export async function listReferrer(place: Place, descriptor: Descriptor, bytes: Uint8Array, listed: string | null): Promise<void> {
  if (listed !== null) return
  const subject = subjectOf(bytes)
  const document = jsonObject(bytes)
  if (!document || !subject) return
  const config = isObject(document.config) ? document.config.mediaType : undefined
  const artifactType = document.artifactType ?? config
  const entry = {
    ...descriptor,
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(isObject(document.annotations) ? { annotations: document.annotations } : {}),
  }
  const before = await fromTag(place, subject)
  const others = (before?.manifests ?? []).filter(({ digest }) => digest !== descriptor.digest)
  await putList(place, subject, { ...before, schemaVersion: 2, mediaType: MEDIA.index, manifests: [...others, entry] })
}

/** After a manifest with a `subject` was deleted: where the registry keeps no lists of its own, it is taken off the tag's list (distribution-spec, "Deleting Manifests"). */
export async function unlistReferrer(place: Place, subject: Digest, gone: Digest): Promise<void> {
  if ((await fromApi(place, subject, undefined)) !== undefined) return
  const before = await fromTag(place, subject)
  if (!before?.manifests.some(({ digest }) => digest === gone)) return
  await putList(place, subject, { ...before, manifests: before.manifests.filter(({ digest }) => digest !== gone) })
}

/** What a manifest refers to. */
export function subjectOf(bytes: Uint8Array): Digest | undefined {
  const subject = jsonObject(bytes)?.subject
  const digest = isObject(subject) ? subject.digest : undefined
  return typeof digest === 'string' && isDigest(digest) ? digest : undefined
}

async function putList(place: Place, subject: Digest, list: Readonly<Record<string, unknown>>): Promise<void> {
  const index = canonicalJson(list)
  const { response } = await place.send(place.endpoint, {
    method: 'PUT',
    url: urlIn(place, place.endpoint, `manifests/${tagOf(subject)}`),
    headers: { 'content-type': MEDIA.index },
    body: new Uint8Array(index),
    scopes: [pushScope(place.name)],
    expect: [201],
  })
  discard(response)
  const said = response.headers.get('docker-content-digest')
  if (said !== null && said !== sha256(index))
    throw new RegistryError('DIGEST_MISMATCH', subject, `The registry changed the list of what refers to ${subject}`)
}
