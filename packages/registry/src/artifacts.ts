import { type Descriptor, parseReference } from '@layerwright/image'
import { RegistryError } from './errors.js'
import type { Content, RegistryClient } from './types.js'

/** Documents under tags of a repository, and the blobs that they name, whatever they are. */
export interface RegistryArtifacts {
  /** For messages. */
  readonly name: string
  /** The document under a tag, or with a digest; undefined: there is none. One request. */
  manifest(tag: string): Promise<Uint8Array | undefined>
  /** Verified while it is read. */
  blob(descriptor: Descriptor): Content
  /** Brings a blob, unless it is there. */
  putBlob(descriptor: Descriptor, content: Content): Promise<void>
  putManifest(tag: string, bytes: Uint8Array, mediaType: string): Promise<void>
  tags(): AsyncIterable<string>
}

/**
 * The repository of a reference as a place for artifacts. A registry has no way to change a document only if nobody else has: who shares a place gives every artifact a tag of its own.
 * @throws InvalidReferenceError; from what it gives, RegistryError
 */
export function registryArtifacts(reference: string, client: RegistryClient): RegistryArtifacts {
  const repository = client.repository(reference)
  const { familiar, registry, repository: path } = parseReference(reference)
  const putting = new Map<string, Promise<unknown>>()
  return {
    name: registry === 'docker.io' ? familiar : `${registry}/${path}`,
    async manifest(tag) {
      try {
        return (await repository.manifests.get(tag)).bytes
      } catch (error) {
        if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
        throw error
      }
    },
    blob: (descriptor) => repository.blobs.open(descriptor),
    async putBlob(descriptor, content) {
      // Several artifacts may have a blob in common, and be put at once.
      const running = putting.get(descriptor.digest) ?? repository.blobs.upload(descriptor, content)
      putting.set(descriptor.digest, running)
      await running
    },
    async putManifest(tag, bytes, mediaType) {
      await repository.manifests.put(bytes, mediaType, tag)
    },
    tags: () => repository.tags(),
  }
}
