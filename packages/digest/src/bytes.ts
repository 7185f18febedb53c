import type { Digest } from './types.js'

/** Bytes of a digest. */
export const DIGEST_BYTES = 32

const PREFIX = 'sha256:'.length

const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87)

/** The 32 bytes of a digest into `target`, from `at` on: how tables with many of them keep them. */
export function writeDigest(digest: Digest, target: Uint8Array, at: number): void {
  for (let i = 0; i < DIGEST_BYTES; i++)
    target[at + i] = (nibble(digest.charCodeAt(PREFIX + 2 * i)) << 4) | nibble(digest.charCodeAt(PREFIX + 2 * i + 1))
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The digest whose 32 bytes lie in `source`, from `at` on. */
export function readDigest(source: Uint8Array, at: number): Digest {
  let hex = ''
  for (let i = at; i < at + DIGEST_BYTES; i++) hex += HEX[source[i]!]!
  return `sha256:${hex}`
}
