import type { Digest } from '@layerwright/digest'

/** What can be wrong with a tar as such. */
export type TarErrorCode = 'TAR_HEADER_INVALID' | 'TAR_TRUNCATED' | 'TAR_PAX_INVALID' | 'TAR_TYPE_UNSUPPORTED' | 'TAR_SPARSE_INVALID'

/** The bytes are no tar, or one that cannot be read. `offset` is where in the tar, in bytes. */
export class TarError extends Error {
  override readonly name = 'TarError'
  readonly code: TarErrorCode
  readonly offset: number
  constructor(code: TarErrorCode, offset: number, what: string) {
    super(`Not a readable tar: ${what} (at byte ${offset}). Get the archive again, or write it with another tool`)
    this.code = code
    this.offset = offset
  }
}

/** What can be wrong with a layer whose tar is readable, or with changes that should become one. */
export type LayerErrorCode =
  | 'LAYER_ROOT_TYPE'
  | 'LAYER_PATH_CLIMBS'
  | 'LAYER_PATH_INVALID'
  | 'LAYER_NAME_RESERVED'
  | 'LAYER_PARENT_NOT_DIRECTORY'
  | 'LAYER_SYMLINK_LOOP'
  | 'LAYER_LINK_TARGET'
  | 'LAYER_WHITEOUT_INVALID'
  | 'LAYER_VALUE_RANGE'

/** A member breaks the rules of layers. `path` is the member's path. */
export class LayerError extends Error {
  override readonly name = 'LayerError'
  readonly code: LayerErrorCode
  readonly path: string
  constructor(code: LayerErrorCode, path: string, what: string) {
    super(`Layer member ${JSON.stringify(path)}: ${what}`)
    this.code = code
    this.path = path
  }
}

/** A limit of `layerLimits` is exceeded (S15). `limit` is its name there. */
export class LayerLimitError extends Error {
  override readonly name = 'LayerLimitError'
  readonly code = 'LAYER_LIMIT'
  readonly limit: string
  readonly allowed: number
  constructor(limit: string, allowed: number, what: string) {
    super(`${what} exceeds the limit ${limit} = ${allowed}: raise it in the options if the archive is to be trusted`)
    this.limit = limit
    this.allowed = allowed
  }
}

/** A file gave another number of bytes than its content announced: it was changed while it was read. */
export class ContentSizeError extends Error {
  override readonly name = 'ContentSizeError'
  readonly code = 'CONTENT_SIZE'
  readonly path: string
  constructor(path: string, expected: number, actual: string) {
    super(`${JSON.stringify(path)} gave ${actual} bytes where ${expected} were announced: it was changed while it was read; run again`)
    this.path = path
  }
}

/** The tar inside a layer blob has another digest than the image config says. */
export class DiffIdMismatchError extends Error {
  override readonly name = 'DiffIdMismatchError'
  readonly code = 'DIFF_ID_MISMATCH'
  readonly expected: Digest
  constructor(expected: Digest, cause: unknown) {
    super(`The layer's tar does not have the diffID ${expected} that the image config names: the image is damaged or was tampered with`, {
      cause,
    })
    this.expected = expected
  }
}

/** A sidecar index cannot be used; it is rebuilt from the tar. */
export class IndexFormatError extends Error {
  override readonly name = 'IndexFormatError'
  readonly code = 'INDEX_INVALID'
  constructor(what: string) {
    super(`The sidecar index is not usable: ${what}. Rebuild it with indexLayer`)
  }
}

export type CompressionErrorCode = 'COMPRESSION_UNSUPPORTED' | 'COMPRESSION_INVALID'

/** Compressed bytes cannot be read: their form is not known here, or they are damaged. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError'
  readonly code: CompressionErrorCode
  readonly kind: string
  constructor(code: CompressionErrorCode, kind: string, what: string, options?: ErrorOptions) {
    super(`Cannot read ${kind}: ${what}`, options)
    this.code = code
    this.kind = kind
  }
}

/** A descriptor's media type is not that of a layer. */
export class MediaTypeError extends Error {
  override readonly name = 'MediaTypeError'
  readonly code = 'MEDIA_TYPE_UNSUPPORTED'
  readonly mediaType: string
  constructor(mediaType: string) {
    super(`${JSON.stringify(mediaType)} is no media type of a layer that can be unpacked: the image holds something else, or is encrypted`)
    this.mediaType = mediaType
  }
}

/** An optional library that the caller's choice of function needs is not installed. */
export class PeerMissingError extends Error {
  override readonly name = 'PeerMissingError'
  readonly code = 'PEER_MISSING'
  readonly library: string
  constructor(library: string, cause: unknown) {
    super(`${library} is not installed: npm install ${library}`, { cause })
    this.library = library
  }
}
