import { hexOf, isDigest, sha256 } from '@layerwright/digest'
import type { Content } from '@layerwright/vfs'
import { ImageError } from '../../errors.js'
import { imageLimits } from '../../limits.js'
import { ANNOTATION } from '../../media-types.js'
import type { Descriptor } from '../../types.js'
import { checkDigest, verified, verifiedForWriting } from '../../verify.js'
import { openArchive } from '../read/archive.js'
import { checkLayoutFile } from '../read/source.js'
import { indexJson, layoutFile } from '../write/index-document.js'
import { writeTar } from '../write/tar.js'
import { byTag, entriesIn } from './layout.js'
import type { ArtifactPlace } from './types.js'

/**
 * Artifacts by tag in an OCI archive, to be read.
 * @throws ImageError FILE_MISSING, ARCHIVE_TRUNCATED, ARCHIVE_INVALID, LAYOUT_INVALID
 */
export async function openArtifactArchive(
  file: string,
): Promise<Pick<ArtifactPlace, 'name' | 'manifest' | 'blob' | 'tags'> & { close(): void }> {
  const archive = await openArchive(file)
  try {
    checkLayoutFile(await archive.document('oci-layout', 4096), file)
    const index = byTag(entriesIn(await archive.document('index.json', imageLimits.manifestBytes), file))
    const pathOf = (digest: Descriptor['digest']) => `blobs/sha256/${hexOf(digest)}`
    return {
      name: file,
      async manifest(tag) {
        const digest = isDigest(tag) ? tag : index.get(tag)?.digest
        if (!digest || !archive.file(pathOf(digest))) return undefined
        const bytes = await archive.document(pathOf(digest), imageLimits.manifestBytes)
        checkDigest(digest, sha256(bytes))
        return bytes
      },
      blob(descriptor) {
        const content = archive.file(pathOf(descriptor.digest))
        if (!content) throw new ImageError('BLOB_MISSING', descriptor.digest, `${file} lacks the blob ${descriptor.digest}`)
        return verified(content, descriptor)
      },
      async *tags() {
        yield* index.keys()
      },
      close: archive.close,
    }
  } catch (error) {
    archive.close()
    throw error
  }
}

/** Artifacts by tag for a new OCI archive; `flush` writes it, and the file appears when it is complete. What is put has to be readable until then. */
export function newArtifactArchive(file: string): ArtifactPlace {
  const blobs = new Map<string, Content | Uint8Array>()
  const index = new Map<string, Descriptor>()
  const pathOf = (digest: Descriptor['digest']) => `blobs/sha256/${hexOf(digest)}`
  return {
    name: file,
    async manifest(tag) {
      const bytes = blobs.get(pathOf((isDigest(tag) ? tag : index.get(tag)?.digest) ?? sha256('')))
      return bytes instanceof Uint8Array ? bytes : undefined
    },
    blob(descriptor) {
      throw new ImageError('BLOB_MISSING', descriptor.digest, `${file} is being written: read it when it is complete`)
    },
    async putBlob(descriptor, content) {
      blobs.set(pathOf(descriptor.digest), verifiedForWriting(content, descriptor))
    },
    async putManifest(tag, bytes, mediaType) {
      const digest = sha256(bytes)
      blobs.set(pathOf(digest), bytes)
      index.set(tag, { mediaType, digest, size: bytes.length, annotations: { [ANNOTATION.refName]: tag } })
    },
    async *tags() {
      yield* index.keys()
    },
    async flush() {
      await writeTar(file, new Map([['oci-layout', layoutFile], ['index.json', indexJson([...index.values()])], ...blobs]))
    },
  }
}
