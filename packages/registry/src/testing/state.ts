import { type Digest, sha256 } from '@layerwright/digest'

export interface HeldManifest {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly mediaType: string
}

export interface Upload {
  bytes: Uint8Array<ArrayBuffer>
}

/** What one repository holds; tests look into it and put things there. */
export interface HeldRepository {
  readonly blobs: Map<Digest, Uint8Array<ArrayBuffer>>
  readonly manifests: Map<Digest, HeldManifest>
  readonly tags: Map<string, Digest>
  /** Uploads that were begun and not ended, by id. */
  readonly uploads: Map<string, Upload>
}

export const newRepository = (): HeldRepository => ({ blobs: new Map(), manifests: new Map(), tags: new Map(), uploads: new Map() })

/** Keeps bytes as a blob, as an upload would. Gives their digest. */
export function holdBlob(repository: HeldRepository, bytes: Uint8Array): Digest {
  const digest = sha256(bytes)
  repository.blobs.set(digest, new Uint8Array(bytes))
  return digest
}

/** Keeps a manifest, whatever it says, with a tag if one is given. */
export function holdManifest(repository: HeldRepository, bytes: Uint8Array, mediaType: string, tag?: string): Digest {
  const digest = sha256(bytes)
  repository.manifests.set(digest, { bytes: new Uint8Array(bytes), mediaType })
  if (tag !== undefined) repository.tags.set(tag, digest)
  return digest
}
