export type RegistryErrorCode =
  /** No connection, or it broke, as often as was tried. */
  | 'REGISTRY_UNREACHABLE'
  /** The registry says that it has a fault of its own. */
  | 'REGISTRY_UNAVAILABLE'
  | 'RATE_LIMITED'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'NOT_FOUND'
  /** The registry understood, and refuses. */
  | 'REJECTED'
  /** It deletes no tags, or nothing at all. */
  | 'DELETE_REFUSED'
  /** What was answered breaks the protocol. */
  | 'RESPONSE_INVALID'
  | 'RESPONSE_TOO_LARGE'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'REALM_REFUSED'
  | 'REDIRECT_REFUSED'
  | 'LOCATION_REFUSED'
  | 'REFERENCE_UNSUITABLE'

export interface RegistryErrorOptions {
  /** What to do next, for a reader. */
  readonly hint?: string
  /** HTTP status, where there was an answer. */
  readonly status?: number
  /** The registry's own error codes, such as MANIFEST_UNKNOWN. */
  readonly details?: readonly string[]
  /** Whether the same may work a moment later. */
  readonly transient?: boolean
  /** Milliseconds that the registry asks to wait. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * A registry, or something that speaks for it, did not do what was asked. `subject` is the URL, reference or digest it is about; URLs come without userinfo
 * and query (S33).
 */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly code: RegistryErrorCode
  readonly subject: string
  readonly hint: string | undefined
  readonly status: number | undefined
  readonly details: readonly string[]
  readonly transient: boolean
  readonly retryAfterMs: number | undefined
  constructor(code: RegistryErrorCode, subject: string, message: string, options: RegistryErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.subject = subject
    this.hint = options.hint
    this.status = options.status
    this.details = options.details ?? []
    this.transient = options.transient ?? false
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Credentials are kept in a way that can't be read, or a helper failed. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
  readonly code = 'CREDENTIALS_UNUSABLE'
  /** The file or the helper. */
  readonly subject: string
  constructor(subject: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.subject = subject
  }
}
