/** Whole contents and their digests. */
import { createHasher, type Digest, sha256 } from '@layerwright/digest'
import { ContentSizeError, NotSynchronousError } from '../errors.js'
import type { Content } from '../types.js'

/** Pieces in which a large content is read synchronously. */
const PIECE = 1024 * 1024

/**
 * All the bytes, in a buffer of the caller's own.
 * @throws ContentSizeError where the content does not give `size` bytes.
 */
export async function readAll(content: Content): Promise<Uint8Array> {
  if (content.readInto) return readAllSync(content)
  const out = new Uint8Array(content.size)
  let at = 0
  for await (const chunk of content.stream()) {
    if (at + chunk.length > out.length) throw new ContentSizeError(content.size, at + chunk.length)
    out.set(chunk, at)
    at += chunk.length
  }
  if (at !== out.length) throw new ContentSizeError(content.size, at)
  return out
}

/**
 * All the bytes, at once.
 * @throws NotSynchronousError where the content can only be streamed.
 * @throws ContentSizeError where the content does not give `size` bytes.
 */
export function readAllSync(content: Content): Uint8Array {
  if (!content.readInto) throw new NotSynchronousError()
  const out = new Uint8Array(content.size)
  let at = 0
  while (at < out.length) {
    const got = content.readInto(at === 0 ? out : out.subarray(at), at)
    if (got === 0) throw new ContentSizeError(content.size, at)
    at += got
  }
  return out
}

const digests = new WeakMap<Content, Digest>()

/** The digest of a content if it is known without reading it. */
export function knownDigest(content: Content): Digest | undefined {
  return (content.digest as Digest | undefined) ?? digests.get(content)
}

/** Says what the digest of a content is, for whoever just computed it while reading (a layer writer, a stat cache). */
export function rememberDigest(content: Content, digest: Digest): void {
  ;(content as Learning).learned?.(digest)
  if (content.digest === undefined) digests.set(content, digest)
}

/** A content that keeps its digest (or passes it on) when somebody worked it out: thousands of them in a weak map keep the garbage collector busy. */
interface Learning extends Content {
  learned?(digest: Digest): void
  /** As `readInto` of everything, into a buffer with at least one byte more; gives how many bytes there are. For hashing small files: it costs less. */
  readWhole?(target: Uint8Array): number
}

/**
 * sha256 of the bytes; remembered, so a second call costs nothing.
 * @throws ContentSizeError where the content does not give `size` bytes.
 */
export async function contentDigest(content: Content): Promise<Digest> {
  const known = knownDigest(content)
  if (known) return known
  if (content.readInto) return contentDigestSync(content)
  const hasher = createHasher()
  let size = 0
  for await (const chunk of content.stream()) {
    hasher.update(chunk)
    size += chunk.length
  }
  if (size !== content.size) throw new ContentSizeError(content.size, size)
  const digest = hasher.digest()
  rememberDigest(content, digest)
  return digest
}

// One buffer for all: reading is synchronous, so nobody else can be using it.
let piece: Uint8Array | undefined

/**
 * As `contentDigest`, at once.
 * @throws NotSynchronousError where the content can only be streamed.
 */
export function contentDigestSync(content: Content): Digest {
  const known = knownDigest(content)
  if (known) return known
  if (!content.readInto) throw new NotSynchronousError()
  piece ??= new Uint8Array(PIECE)
  const buffer = piece
  // A content that itself hashes another one while it is read must not find this buffer.
  piece = undefined
  try {
    const digest = hashSync(content, buffer)
    rememberDigest(content, digest)
    return digest
  } finally {
    piece = buffer
  }
}

function hashSync(content: Learning, buffer: Uint8Array): Digest {
  if (content.readWhole && content.size < buffer.length) {
    const size = content.readWhole(buffer)
    if (size !== content.size) throw new ContentSizeError(content.size, size)
    return sha256(buffer.subarray(0, size))
  }
  const read = content.readInto!.bind(content)
  if (content.size <= buffer.length) {
    const view = buffer.subarray(0, content.size)
    let at = 0
    while (at < view.length) {
      const got = read(at === 0 ? view : view.subarray(at), at)
      if (got === 0) throw new ContentSizeError(content.size, at)
      at += got
    }
    return sha256(view)
  }
  const hasher = createHasher()
  for (let at = 0; at < content.size; ) {
    const got = read(buffer.subarray(0, Math.min(buffer.length, content.size - at)), at)
    if (got === 0) throw new ContentSizeError(content.size, at)
    hasher.update(buffer.subarray(0, got))
    at += got
  }
  return hasher.digest()
}

/** Whether two contents hold the same bytes, by size and digest. */
export async function sameContent(a: Content, b: Content): Promise<boolean> {
  return a === b || (a.size === b.size && (a.size === 0 || (await contentDigest(a)) === (await contentDigest(b))))
}
