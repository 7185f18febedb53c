import { type Digest, sha256 } from '@layerwright/digest'
import {
  canonicalJson,
  type Descriptor,
  type FormOptions,
  type Image,
  type ImageIndex,
  type ImageLayer,
  type LayerCompression,
  type LayerForm,
  layerForms,
  type Manifest,
  MEDIA,
  parseReference,
} from '@layerwright/image'
import { memoryStore, type Store } from '@layerwright/store'
import { openRegistry } from './client.js'
import { RegistryError } from './errors.js'
import { allDone, limiter } from './limiter.js'
import { isForeign, toDockerType } from './media.js'
import type { Content, RegistryClient, Repository } from './types.js'

export interface PushOptions extends Omit<FormOptions, 'compression'> {
  readonly client?: RegistryClient
  /** How uncompressed layers are sent; default `gzip`. One that came compressed goes as it came. */
  readonly compression?: LayerCompression
  /** Where compressed layers are made and kept, so that they are made once. Default: memory, for this call. */
  readonly store?: Store
  /** Names of repositories of the same registry that may have some of the layers: they are taken from there without sending them. */
  readonly mountFrom?: readonly string[]
  /** `docker`: manifests and layers are given Docker's media types. Default: as the image has them, which for ours is OCI's. */
  readonly mediaTypes?: 'docker'
  /** Put into the index over several images; one image alone has none. */
  readonly indexAnnotations?: Readonly<Record<string, string>>
}

export interface PushedImage {
  /** What the name points to now: the manifest, or the index of several. */
  readonly descriptor: Descriptor
  /** The manifests, in the order of the images. */
  readonly manifests: readonly Descriptor[]
}

type Blob = readonly [Descriptor, Content]

/**
 * Brings images to a registry under a name: blobs first, several at once, then manifests, and the name last: whoever pulls meanwhile gets the old image or the new one.
 * Several images (one a platform) become an index. Blobs that are there are not sent.
 * @throws InvalidReferenceError; RegistryError; what the contents of the layers throw. The name then points to what it pointed to before.
 */
export async function pushImage(reference: string, images: Image | readonly Image[], options: PushOptions = {}): Promise<PushedImage> {
  const client = options.client ?? openRegistry()
  const { tag, digest, familiar } = parseReference(reference)
  if (digest !== undefined)
    throw new RegistryError('REFERENCE_UNSUITABLE', familiar, `${familiar} has a digest: what is pushed has the digest that it has`, {
      hint: 'push to a name with a tag',
    })
  const all = 'layers' in images ? [images] : images
  if (all.length === 0) throw new RegistryError('REFERENCE_UNSUITABLE', familiar, `There is no image to push to ${familiar}`)
  const repository = client.repository(reference)
  const limit = limiter(client.concurrency)
  const form = layerForms(options.store ?? memoryStore(), { ...options, compression: options.compression ?? 'gzip' })
  const sending = new Map<Digest, Promise<unknown>>()
  /** Once a blob could not be sent no other is begun: where a registry is down, each would wait for it anew. */
  const failed = new AbortController()
  const sendNow = async ([descriptor, content]: Blob): Promise<void> => {
    failed.signal.throwIfAborted()
    try {
      await repository.blobs.upload(descriptor, content, { mountFrom: options.mountFrom ?? [] })
    } catch (error) {
      failed.abort(error)
      throw error
    }
  }
  const send = (blob: Blob): Promise<unknown> => {
    const [descriptor] = blob
    const running = sending.get(descriptor.digest) ?? limit(() => sendNow(blob))
    sending.set(descriptor.digest, running)
    return running
  }

  const name = tag ?? 'latest'
  for (let attempt = 1; ; attempt++) {
    const prepared = await allDone(all.map((image) => sendBlobs(image, options, (layer) => limit(() => form(layer)), send)))
    try {
      return await putManifests(repository, prepared, name, options)
    } catch (error) {
      // where others push the same blobs, or a registry is slow to know its own, they may not be there yet, or not any more: each is looked for again
      const missing = error instanceof RegistryError && error.details.includes('MANIFEST_BLOB_UNKNOWN')
      if (!missing || attempt >= ROUNDS) throw error
      sending.clear()
    }
  }
}

/** As often blobs are looked for that a registry said it had and then did not know. */
const ROUNDS = 4

interface Prepared {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

async function putManifests(
  repository: Repository,
  prepared: readonly Prepared[],
  name: string,
  options: PushOptions,
): Promise<PushedImage> {
  if (prepared.length === 1) {
    const { descriptor, bytes } = prepared[0]!
    return { descriptor: await repository.manifests.put(bytes, descriptor.mediaType, name), manifests: [descriptor] }
  }
  for (const { descriptor, bytes } of prepared) await repository.manifests.put(bytes, descriptor.mediaType, descriptor.digest)
  const mediaType = options.mediaTypes === 'docker' ? MEDIA.dockerList : MEDIA.index
  const manifests = prepared.map((one) => one.descriptor)
  const { indexAnnotations: annotations = {} } = options
  const index: ImageIndex = { schemaVersion: 2, mediaType, manifests, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) }
  return { descriptor: await repository.manifests.put(canonicalJson(index), mediaType, name), manifests }
}

/** Sends everything but the manifest, which it gives as it will be. */
async function sendBlobs(
  image: Image,
  options: PushOptions,
  form: (layer: ImageLayer) => Promise<LayerForm>,
  send: (blob: Blob) => Promise<unknown>,
): Promise<Prepared> {
  const config = typed({ ...image.manifest.config }, options)
  const layers = image.layers.map(async (layer): Promise<Descriptor> => {
    const { descriptor, content } = await form(layer)
    // layers that their makers do not allow to be passed on lie where their descriptor says
    if (!isForeign(descriptor.mediaType)) await send([descriptor, content])
    return typed(descriptor, options)
  })
  const [descriptors] = await allDone<readonly Descriptor[] | unknown>([allDone(layers), send([config, bytesContent(image.configBytes)])])
  const mediaType = options.mediaTypes === 'docker' ? MEDIA.dockerManifest : image.manifest.mediaType
  const manifest: Manifest = { ...image.manifest, mediaType, config, layers: descriptors as readonly Descriptor[] }
  const same = sha256(canonicalJson(manifest)) === sha256(canonicalJson(image.manifest))
  const bytes = same ? image.manifestBytes : canonicalJson(manifest)
  const descriptor: Descriptor = { mediaType, digest: sha256(bytes), size: bytes.length, platform: image.platform }
  return { descriptor, bytes }
}

const typed = (descriptor: Descriptor, { mediaTypes }: PushOptions): Descriptor =>
  mediaTypes === 'docker' ? { ...descriptor, mediaType: toDockerType(descriptor.mediaType) } : descriptor

const bytesContent = (bytes: Uint8Array): Content => ({
  size: bytes.length,
  async *stream(start, end) {
    yield bytes.subarray(start, end)
  },
})
