export { DIGEST_BYTES, readDigest, writeDigest } from './bytes.js'
export { createHasher, hexOf, isDigest, parseDigest, ready, sha256 } from './digest.js'
export { InvalidDigestError, NotReadyError } from './errors.js'
export type { Digest, Hasher } from './types.js'
