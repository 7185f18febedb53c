import type { Digest } from '@layerwright/digest'
import { type Content, contentDigest, readAll } from '@layerwright/vfs'
import { ChecksumMismatchError, FileTooLargeError } from '../errors.js'
import { MAX_HASHED_WHOLE } from '../limits.js'

/** Whether `--checksum` can be answered by the store's own digests. */
export const asSha256 = (checksum: string | undefined): Digest | undefined =>
  /^sha256:[0-9a-f]{64}$/.test(checksum ?? '') ? (checksum as Digest) : undefined

/** @throws ChecksumMismatchError where the bytes have another digest than `--checksum` says; FileTooLargeError for sha384 and sha512 of a very large file */
export async function verifyChecksum(name: string, content: Content, expected: string): Promise<void> {
  const actual = asSha256(expected)
    ? await contentDigest(content)
    : await otherDigest(name, content, expected.slice(0, expected.indexOf(':')))
  if (actual !== expected) throw new ChecksumMismatchError(name, expected, actual)
}

/** sha384 and sha512, which the platform computes over whole bytes only. */
async function otherDigest(name: string, content: Content, algorithm: string): Promise<string> {
  if (content.size > MAX_HASHED_WHOLE) throw new FileTooLargeError(name, content.size, MAX_HASHED_WHOLE)
  const bytes = new Uint8Array(await readAll(content))
  const hash = new Uint8Array(await crypto.subtle.digest(algorithm.replace('sha', 'SHA-'), bytes))
  return `${algorithm}:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
