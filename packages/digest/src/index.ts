export { createHasher, hexOf, isDigest, parseDigest, ready, sha256 } from './digest.js'
export { InvalidDigestError, NotReadyError } from './errors.js'
export type { Digest, Hasher } from './types.js'
