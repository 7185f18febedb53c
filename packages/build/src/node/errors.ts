/** The folder that should be the build context is missing, or is no folder. */
export class ContextNotFoundError extends Error {
  override readonly name = 'ContextNotFoundError'
  readonly code = 'CONTEXT_NOT_FOUND'
  readonly path: string
  readonly hint = 'name the folder that holds the files of the build'
  constructor(path: string, cause?: unknown) {
    super(`build context ${path}: ${cause instanceof Error ? cause.message : 'is not a directory'}`, { cause })
    this.path = path
  }
}

/** The `git` program could not do what was asked of it; the message is its own where it has one. */
export class GitError extends Error {
  override readonly name = 'GitError'
  readonly code = 'GIT_FAILED'
  readonly hint = 'check the address, the ref, and whether git itself can fetch it from here'
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
  }
}
