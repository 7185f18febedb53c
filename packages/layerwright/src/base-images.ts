import type { Digest } from '@layerwright/digest'
import { formatPlatform, type Platform } from '@layerwright/dockerfile'
import { canonicalJson, type Image, ImageError, loadImage, parseReference, putImage, type StoredImage, tagImage } from '@layerwright/image'
import { importImage } from '@layerwright/image/node'
import { openRegistryImage, type RegistryClient, RegistryError } from '@layerwright/registry'
import type { Store } from '@layerwright/store'
import { imageFor, preferring } from './stored-images.js'

/** Kind of the store's records that say which image of it a digest of a registry became; the key is the reference and the platform. */
export const PULLED_KIND = 'image-pulled'

/** What was pulled, under both of its digests: of the registry's manifest, and of the one over uncompressed layers that the store knows. */
export interface PulledImage {
  readonly image: StoredImage
  readonly digest: Digest
}

/**
 * Brings the image of a reference from its registry into a store, under its name. Layers that are there are not fetched.
 * @throws InvalidReferenceError; RegistryError; ImageError; what importing throws
 */
export async function pullImage(store: Store, reference: string, client: RegistryClient, platform?: Platform): Promise<PulledImage> {
  const source = await openRegistryImage(reference, client)
  try {
    const found = await source.image(platform ? { platform } : {})
    const image = await importImage(store, found, { concurrency: client.concurrency })
    const { tag, digest } = parseReference(reference)
    if (tag !== undefined) await tagImage(store, reference, image)
    else await putImage(store, image)
    if (digest !== undefined) await remember(store, reference, found, image, platform)
    return { image, digest: found.digest }
  } finally {
    source.close()
  }
}

/** What was pulled of an index: an image for each platform, and the digest that the registry has for all of them. */
export interface PulledImages {
  readonly images: readonly StoredImage[]
  readonly digest: Digest
}

/**
 * As `pullImage`, with all images of an index under the one name. Attestations and other things that are no images stay behind.
 * @param first the platform that the name stands for where one image is wanted; without it, or where there is none, the index's first
 * @throws as `pullImage`
 */
export async function pullImages(store: Store, reference: string, client: RegistryClient, first?: Platform): Promise<PulledImages> {
  const { registry, repository, tag, digest } = parseReference(reference)
  // One answer for all that follows: a tag may move meanwhile.
  const top = digest ?? (await client.repository(reference).manifests.get(tag ?? 'latest')).descriptor.digest
  const source = await openRegistryImage(`${registry}/${repository}@${top}`, client)
  try {
    const images: StoredImage[] = []
    for (const { descriptor, platform } of await source.list()) {
      const found = await source.image({ digest: descriptor.digest, ...(platform ? { platform } : {}) })
      const image = await importImage(store, found, { concurrency: client.concurrency })
      if (digest !== undefined) await remember(store, reference, found, image, image.platform)
      images.push(image)
    }
    const ordered = preferring(images, first)
    if (digest === undefined || tag !== undefined) await tagImage(store, reference, ordered)
    else for (const image of ordered) await putImage(store, image)
    return { images: ordered, digest: top }
  } finally {
    source.close()
  }
}

const pulledKey = (reference: string, platform: Platform | undefined): string => {
  const { registry, repository, digest } = parseReference(reference)
  return `${registry}/${repository}@${digest} ${platform ? formatPlatform(platform) : ''}`
}

const remember = (store: Store, reference: string, found: Image, image: StoredImage, platform: Platform | undefined): Promise<void> =>
  store.putRecord(PULLED_KIND, pulledKey(reference, platform), canonicalJson({ digest: image.digest, from: found.digest }))

/** What an earlier pull of a reference with a digest has left, as long as all of it is there. */
async function pulledBefore(store: Store, reference: string, platform: Platform): Promise<StoredImage | undefined> {
  if (parseReference(reference).digest === undefined) return undefined
  const record = await store.record(PULLED_KIND, pulledKey(reference, platform))
  if (!record) return undefined
  await store.touch(PULLED_KIND, pulledKey(reference, platform))
  try {
    return await loadImage(store, JSON.parse(new TextDecoder().decode(record)).digest)
  } catch (error) {
    if (error instanceof ImageError && error.code === 'BLOB_MISSING') return undefined
    throw error
  }
}

/**
 * Base images for `build`: by their name in the store, else from their registry. `always`: the registry is asked first, also for what the store has; a tag may have
 * moved there. An image that no registry has is undefined.
 */
export function registryImages(
  store: Store,
  client: RegistryClient,
  options: { readonly always?: boolean } = {},
): (reference: string, platform: Platform) => Promise<StoredImage | undefined> {
  return async (reference, platform) => {
    const there = options.always
      ? undefined
      : ((await imageFor(store, reference, platform)) ?? (await pulledBefore(store, reference, platform)))
    if (there) return there
    try {
      return (await pullImage(store, reference, client, platform)).image
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }
}
