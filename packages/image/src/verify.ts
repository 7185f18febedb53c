import { createHasher, type Digest } from '@layerwright/digest'
import type { Content } from '@layerwright/vfs'
import { ImageError } from './errors.js'
import type { BlobSource, Descriptor } from './types.js'

/**
 * Reads a small document: at most as many bytes as announced, then size and digest are checked (S38).
 * @throws ImageError DOCUMENT_TOO_LARGE, BLOB_MISSING, SIZE_MISMATCH, DIGEST_MISMATCH
 */
export async function readDocument(source: BlobSource, descriptor: Descriptor, most: number): Promise<Uint8Array> {
  if (descriptor.size > most)
    throw new ImageError(
      'DOCUMENT_TOO_LARGE',
      descriptor.digest,
      `Blob ${descriptor.digest} is said to have ${descriptor.size} bytes; a document has at most ${most}`,
    )
  const content = await requireBlob(source, descriptor)
  const out = new Uint8Array(descriptor.size)
  let at = 0
  for await (const chunk of verified(content, descriptor).stream()) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

/** @throws ImageError BLOB_MISSING */
export async function requireBlob(source: BlobSource, descriptor: Descriptor): Promise<Content> {
  const content = await source.blob(descriptor)
  if (!content)
    throw new ImageError(
      'BLOB_MISSING',
      descriptor.digest,
      `Blob ${descriptor.digest} (${descriptor.mediaType}) is missing: the image is incomplete; get it again`,
    )
  return content
}

/**
 * A content that is checked while it is read from begin to end: never more than `size` bytes are given, and the stream ends with an error unless size and
 * digest are as described. Parts of it are not checked.
 */
export function verified(content: Content, descriptor: Pick<Descriptor, 'digest' | 'size'>): Content {
  const made = checked(content, descriptor, true)
  sized.set(made, checked(content, descriptor, false))
  return made
}

/** Of verified contents: the same with the size checked only, for readers that work the digest out anyway. */
const sized = new WeakMap<Content, Content>()

/** The content without the check of its digest; any other content as it is. */
export const withoutDigest = (content: Content): Content => sized.get(content) ?? content

function checked(content: Content, { digest, size }: Pick<Descriptor, 'digest' | 'size'>, hashes: boolean): Content {
  return {
    size,
    async *stream(start = 0, end = size) {
      if (start > 0 || end < size) {
        yield* content.stream(start, Math.min(end, size))
        return
      }
      if (content.size !== size) throw sizeMismatch(digest, size, content.size)
      const hasher = hashes ? createHasher() : undefined
      let read = 0
      for await (const chunk of content.stream()) {
        read += chunk.length
        if (read > size) throw sizeMismatch(digest, size, read)
        hasher?.update(chunk)
        yield chunk
      }
      if (read !== size) throw sizeMismatch(digest, size, read)
      if (hasher) checkDigest(digest, hasher.digest())
    },
  }
}

/** The same for writers: they take the digest as known, which it is once the stream has ended without an error. */
export const verifiedForWriting = (content: Content, descriptor: Pick<Descriptor, 'digest' | 'size'>): Content => ({
  ...verified(content, descriptor),
  digest: descriptor.digest,
})

const sizeMismatch = (digest: Digest, expected: number, actual: number) =>
  new ImageError(
    'SIZE_MISMATCH',
    digest,
    `Blob ${digest} has ${actual} bytes where its descriptor says ${expected}: it is truncated or was changed; get it again`,
  )

/** @throws ImageError DIGEST_MISMATCH */
export function checkDigest(expected: Digest, actual: Digest): void {
  if (actual !== expected)
    throw new ImageError(
      'DIGEST_MISMATCH',
      expected,
      `Blob ${expected} really has the digest ${actual}: it is damaged or was tampered with; get it again`,
    )
}
