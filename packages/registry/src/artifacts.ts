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

/** Tries, and milliseconds before the second; doubled for each one more. */
const TRIES = 6
const PAUSE_MS = 50
/** What a registry answers that does not see a blob. */
const UNSEEN: ReadonlySet<string> = new Set(['BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN', 'DIGEST_INVALID'])

/**
 * Tries again where a blob is said to be missing that must be there. Docker's registry on a filesystem writes a blob's link anew whenever somebody pushes the same blob, and for as
 * long as the file is empty whoever asks is told that there is no such blob.
 */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const unseen = error instanceof RegistryError && (error.code === 'NOT_FOUND' || error.details.some((detail) => UNSEEN.has(detail)))
      if (!unseen || attempt === TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** (attempt - 1)))
    }
  }
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
    blob(descriptor) {
      const content = repository.blobs.open(descriptor)
      return {
        size: content.size,
        async *stream(start, end) {
          const first = await patiently(async () => {
            const chunks = content.stream(start, end)[Symbol.asyncIterator]()
            return { chunks, result: await chunks.next() }
          })
          if (first.result.done) return
          yield first.result.value
          yield* { [Symbol.asyncIterator]: () => first.chunks }
        },
      }
    },
    async putBlob(descriptor, content) {
      // Several artifacts may have a blob in common, and be put at once.
      const running = putting.get(descriptor.digest) ?? repository.blobs.upload(descriptor, content)
      putting.set(descriptor.digest, running)
      await running
    },
    async putManifest(tag, bytes, mediaType) {
      await patiently(() => repository.manifests.put(bytes, mediaType, tag))
    },
    tags: () => repository.tags(),
  }
}
