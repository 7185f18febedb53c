import { createSha256, ready, sha256Hex } from '#sha256'
import { InvalidDigestError } from './errors.js'
import type { Digest, Hasher } from './types.js'

const FORM = /^sha256:[0-9a-f]{64}$/
const encoder = new TextEncoder()

export { ready }

/** Whether a text is a well-formed sha256 digest. */
export const isDigest = (text: string): text is Digest => FORM.test(text)

/**
 * Checks a text from outside.
 * @throws InvalidDigestError when it is not `sha256:` and 64 lower-case hex digits.
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new InvalidDigestError(text)
  return text
}

/** The 64 hex digits of a digest: the only form that may become a part of a path. @throws InvalidDigestError */
export const hexOf = (digest: string): string => parseDigest(digest).slice('sha256:'.length)

/** The digest of bytes, or of a text's UTF-8 bytes. */
export const sha256 = (data: Uint8Array | string): Digest => `sha256:${sha256Hex(typeof data === 'string' ? encoder.encode(data) : data)}`

/** A running sha256, for streams. */
export function createHasher(): Hasher {
  const inner = createSha256()
  const hasher: Hasher = {
    update(bytes) {
      inner.update(bytes)
      return hasher
    },
    digest: () => `sha256:${inner.hex()}`,
  }
  return hasher
}
