import type { Digest } from '@layerwright/digest'

const PREFIX = 'sha256:'.length

const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87)

/** The 32 bytes of a digest into `target`. */
export function writeDigest(digest: Digest, target: Uint8Array, at: number): void {
  for (let i = 0; i < 32; i++)
    target[at + i] = (nibble(digest.charCodeAt(PREFIX + 2 * i)) << 4) | nibble(digest.charCodeAt(PREFIX + 2 * i + 1))
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The digest whose 32 bytes lie at `at`. */
export function readDigest(source: Uint8Array, at: number): Digest {
  let hex = ''
  for (let i = at; i < at + 32; i++) hex += HEX[source[i]!]!
  return `sha256:${hex}`
}
