import { type Digest, isDigest } from '@layerwright/digest'
import { type Descriptor, parseReference } from '@layerwright/image'
import { openRegistry } from './client.js'
import { RegistryError } from './errors.js'
import { isObject, jsonObject } from './http/body.js'
import { allDone, limiter } from './limiter.js'
import { isForeign } from './media.js'
import type { RawManifest, RegistryClient, Repository } from './types.js'

interface Parts {
  readonly manifests: readonly Pick<Descriptor, 'digest'>[]
  readonly blobs: readonly Descriptor[]
}

const DEPTH = 4

/**
 * Copies what a reference names, whatever it is, to another name: documents byte for byte, unknown media types too, indexes with all that they list. Within one registry
 * blobs are mounted, not sent.
 * @throws InvalidReferenceError, RegistryError, ImageError; the target's name then points to what it pointed to before
 */
export async function copyImage(from: string, to: string, client: RegistryClient = openRegistry()): Promise<Descriptor> {
  const [origin, target] = [parseReference(from), parseReference(to)]
  if (target.digest !== undefined)
    throw new RegistryError('REFERENCE_UNSUITABLE', to, `${to} has a digest: a copy has that of its original`, {
      hint: 'copy to a name with a tag',
    })
  const source = client.repository(from)
  const destination = client.repository(to)
  const limit = limiter(client.concurrency)
  const sending = new Map<Digest, Promise<unknown>>()
  const mountFrom = source.registry === destination.registry ? [source.name] : []

  const sendBlob = (descriptor: Descriptor): Promise<unknown> => {
    const running =
      sending.get(descriptor.digest) ?? limit(() => destination.blobs.upload(descriptor, source.blobs.open(descriptor), { mountFrom }))
    sending.set(descriptor.digest, running)
    return running
  }
  const copy = async (document: RawManifest, name: string, depth: number): Promise<Descriptor> => {
    if (depth > DEPTH) throw new RegistryError('RESPONSE_INVALID', from, `${from} has indexes nested deeper than ${DEPTH}`)
    const { manifests, blobs } = partsOf(document)
    for (const { digest } of manifests) await copyUnlessThere(digest, depth + 1)
    await allDone(blobs.filter(({ mediaType }) => !isForeign(mediaType)).map(sendBlob))
    return destination.manifests.put(document.bytes, document.descriptor.mediaType, name)
  }
  const copyUnlessThere = async (digest: Digest, depth: number): Promise<void> => {
    if ((await destination.manifests.head(digest)) === undefined) await copy(await source.manifests.get(digest), digest, depth)
  }
  return copy(await source.manifests.get(origin.digest ?? origin.tag ?? 'latest'), target.tag ?? 'latest', 0)
}

/** What a document needs to be there before it: by the fields that all of the known kinds have. */
function partsOf({ bytes, descriptor }: RawManifest): Parts {
  const document = jsonObject(bytes)
  if (!document)
    throw new RegistryError('RESPONSE_INVALID', descriptor.digest, `${descriptor.digest} is no JSON: what it needs can't be told`)
  const list = (value: unknown): Descriptor[] =>
    (Array.isArray(value) ? value : [value]).flatMap((one) =>
      isObject(one) && typeof one.digest === 'string' && isDigest(one.digest) && Number.isSafeInteger(one.size)
        ? [{ mediaType: String(one.mediaType ?? ''), digest: one.digest, size: one.size as number }]
        : [],
    )
  return {
    manifests: list(document.manifests ?? []),
    blobs: [...list(document.config ?? []), ...list(document.layers ?? []), ...list(document.blobs ?? [])],
  }
}

/** Gives a manifest that is there another tag, without moving anything else. */
export async function tagRemote(reference: string, tag: string, client: RegistryClient = openRegistry()): Promise<Descriptor> {
  const { digest, tag: own } = parseReference(reference)
  const repository: Repository = client.repository(reference)
  const document = await repository.manifests.get(digest ?? own ?? 'latest')
  return repository.manifests.put(document.bytes, document.descriptor.mediaType, tag)
}
