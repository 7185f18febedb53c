/** A text that should be a digest is not one. */
export class InvalidDigestError extends Error {
  override readonly name = 'InvalidDigestError'
  readonly code = 'DIGEST_INVALID'
  readonly value: string
  constructor(value: string) {
    super(`"${value.slice(0, 100)}" is not a digest: write sha256: and 64 lower-case hex digits`)
    this.value = value
  }
}

/** Sha256 was asked for in a browser before `await ready()`. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError'
  readonly code = 'DIGEST_NOT_READY'
  constructor() {
    super('sha256 is not loaded yet: call `await ready()` of @layerwright/digest once, before anything else')
  }
}
