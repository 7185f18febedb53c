export type ImageErrorCode =
  | 'ARCHIVE_TRUNCATED'
  | 'ARCHIVE_INVALID'
  | 'BLOB_MISSING'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'DOCUMENT_INVALID'
  | 'DOCUMENT_AMBIGUOUS'
  | 'DOCUMENT_TOO_LARGE'
  | 'MEDIA_TYPE_UNSUPPORTED'
  | 'COMPRESSION_UNUSABLE'
  | 'IMAGE_NOT_FOUND'
  | 'IMAGE_AMBIGUOUS'
  | 'PLATFORM_NOT_FOUND'
  | 'LAYER_COUNT'
  | 'REBASE_MISMATCH'
  | 'LAYOUT_INVALID'
  | 'FILE_MISSING'
  | 'FILE_EXISTS'

/** An image, or the place it lies in, is not as it should be. `subject` is the file, digest or name it is about. */
export class ImageError extends Error {
  override readonly name = 'ImageError'
  readonly code: ImageErrorCode
  readonly subject: string
  constructor(code: ImageErrorCode, subject: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.subject = subject
  }
}

/** A text is no image reference. */
export class InvalidReferenceError extends Error {
  override readonly name = 'InvalidReferenceError'
  readonly code = 'REFERENCE_INVALID'
  readonly reference: string
  constructor(reference: string, what: string) {
    super(`"${reference.slice(0, 200)}" is no image reference: ${what}. Write [registry/]name[:tag][@sha256:digest]`)
    this.reference = reference
  }
}
