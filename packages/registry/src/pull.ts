import type { Digest } from '@layerwright/digest'
import {
  type BlobSource,
  type Descriptor,
  type ImageSource,
  type ListedImage,
  listImagesBelow,
  MEDIA,
  parseReference,
  readImage,
  selectImage,
} from '@layerwright/image'
import { openRegistry } from './client.js'
import { RegistryError } from './errors.js'
import type { Content, RawManifest, RegistryClient, Repository } from './types.js'

const DOCUMENTS: ReadonlySet<string> = new Set([MEDIA.manifest, MEDIA.index, MEDIA.dockerManifest, MEDIA.dockerList])

/**
 * The image or images behind a reference, as a source like a layout or an archive. A digest in the reference wins over its tag. Documents are fetched and verified when
 * they are asked for, layers when they are read.
 * @throws InvalidReferenceError; RegistryError NOT_FOUND and what else a registry can do; ImageError for documents that can't be used
 */
export async function openRegistryImage(reference: string, client: RegistryClient = openRegistry()): Promise<ImageSource> {
  const { tag, digest, familiar } = parseReference(reference)
  const repository = client.repository(reference)
  const top = await repository.manifests.get(digest ?? tag ?? 'latest')
  if (!DOCUMENTS.has(top.descriptor.mediaType))
    throw new RegistryError(
      'REFERENCE_UNSUITABLE',
      familiar,
      `${familiar} is no image: the registry says that it is ${top.descriptor.mediaType}`,
      {
        hint: 'older images (schema 1) have to be pushed again by a newer tool; other artifacts are no images',
      },
    )
  const blobs = repositorySource(repository, [top])
  const found = () => listImagesBelow(blobs, [top.descriptor])
  return {
    async list() {
      const images = new Map<Digest, ListedImage>()
      for (const { descriptor } of await found())
        images.set(descriptor.digest, { descriptor, refs: tag === undefined ? [] : [familiar], platform: descriptor.platform })
      return [...images.values()]
    },
    image: async ({ platform, digest: wanted } = {}) =>
      readImage(blobs, selectImage(await found(), { ...(platform ? { platform } : {}), ...(wanted ? { digest: wanted } : {}) }, familiar)),
    close() {},
  }
}

/** A repository as a place of blobs: documents by the manifests API, everything else by the blobs API. Each document is fetched once. */
export function repositorySource(repository: Repository, known: readonly RawManifest[] = []): BlobSource {
  const documents = new Map<Digest, Promise<RawManifest>>(known.map((one) => [one.descriptor.digest, Promise.resolve(one)]))
  return {
    async blob(descriptor: Descriptor): Promise<Content | undefined> {
      if (!DOCUMENTS.has(descriptor.mediaType)) return repository.blobs.openUnverified(descriptor)
      const { digest } = descriptor
      const document = documents.get(digest) ?? repository.manifests.get(digest)
      documents.set(digest, document)
      const { bytes } = await document
      return {
        size: bytes.length,
        async *stream(start, end) {
          yield bytes.subarray(start, end)
        },
      }
    },
  }
}
