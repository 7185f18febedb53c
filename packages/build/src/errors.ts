// Over 300 lines because one file has all errors of a package: each is short, and a reader finds what can go wrong in one place.

import { type Digest, sha256 } from '@layerwright/digest'

/** Lines of the Dockerfile an error is about: 1-based, both inclusive. */
export interface LineRange {
  readonly startLine: number
  readonly endLine: number
}

/** What every failure of a build has: a stable `code`, a message, the next step for the reader, and the lines where known. */
export abstract class BuildError extends Error {
  abstract readonly code: string
  /** What to do next. */
  readonly hint: string
  /** Set while the error passes the step it happened in. */
  lines: LineRange | undefined
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options)
    this.hint = hint
  }
}

/** The options of a call can't be used. Names everything that is wrong with them. */
export class OptionsInvalidError extends BuildError {
  override readonly name = 'OptionsInvalidError'
  readonly code = 'OPTIONS_INVALID'
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(`options of the build: ${faults.join('; ')}`, 'see BuildOptions of @layerwright/build for what each option takes')
    this.faults = faults
  }
}

/** The context has no Dockerfile where one was looked for. */
export class DockerfileNotFoundError extends BuildError {
  override readonly name = 'DockerfileNotFoundError'
  readonly code = 'DOCKERFILE_NOT_FOUND'
  readonly path: string
  constructor(path: string) {
    super(
      `failed to read dockerfile: open ${path}: no such file or directory`,
      'name the right file with --file, or run the build in the folder that has it',
    )
    this.path = path
  }
}

/** A file that is read whole is larger than its limit (`limits.ts`). */
export class FileTooLargeError extends BuildError {
  override readonly name = 'FileTooLargeError'
  readonly code = 'FILE_TOO_LARGE'
  constructor(path: string, size: number, limit: number) {
    super(`${path} has ${size} bytes; at most ${limit} are read`, 'is this the right file?')
  }
}

/** How the reference begins when something is wrong with what a step selects. The id of a tree has two halves; ours is made of its name, so that it is the same each time. */
function referenceOf(where: string): string {
  const id = sha256(where).slice('sha256:'.length)
  return `failed to compute cache key: failed to calculate checksum of ref ${id.slice(0, 25)}::${id.slice(25, 50)}`
}

/**
 * A COPY, ADD or mount source that is not a pattern names nothing, or the directory that a pattern begins with is not there. The message has the reference's wording,
 * which is what people and programs look for; it names the tree by an id, or not at all, so the hint begins with the tree itself.
 */
export class SourceNotFoundError extends BuildError {
  override readonly name = 'SourceNotFoundError'
  readonly code = 'SOURCE_NOT_FOUND'
  readonly path: string
  /** The tree that was looked in: `the build context`, `stage "build"`. */
  readonly where: string
  /** @param inPattern it is the directory in which a pattern looks */
  constructor(path: string, where: string, hint: string, inPattern = false) {
    super(
      inPattern ? `lstat ${path}: no such file or directory` : `${referenceOf(where)}: "${path}": not found`,
      `${path} is not in ${where}: ${hint}`,
    )
    this.path = path
    this.where = where
  }
}

/** A platform of the options is none. */
export class InvalidPlatformError extends BuildError {
  override readonly name = 'InvalidPlatformError'
  readonly code = 'BAD_PLATFORM'
  constructor(text: string, cause: unknown) {
    super(
      `failed to parse target platform ${text}: ${cause instanceof Error ? cause.message : String(cause)}`,
      'write os/architecture, for example linux/arm64',
      { cause },
    )
  }
}

/** A pattern that Go's filepath.Match refuses, as a source, behind `--exclude`, or as what `--parents` takes. */
export class BadPatternError extends BuildError {
  override readonly name = 'BadPatternError'
  readonly code = 'BAD_PATTERN'
  readonly pattern: string
  /** @param set how the reference calls the patterns of a flag, and what is wrong with one of them */
  constructor(pattern: string, where: string, set?: { readonly name: 'includepatterns' | 'excludepatterns'; readonly reason: string }) {
    super(
      `${referenceOf(where)}: ${set ? `invalid ${set.name}: [${pattern}]: ${set.reason}` : 'syntax error in pattern'}`,
      `in ${pattern}: close every [ with ], and write a literal special character behind a backslash`,
    )
    this.pattern = pattern
  }
}

/** A file would have to replace a directory, or a directory a file, or there is a file where a directory is needed. */
export class CannotReplaceError extends BuildError {
  override readonly name = 'CannotReplaceError'
  readonly code = 'CANNOT_REPLACE'
  readonly path: string
  constructor(path: string, kind: 'directory-with-file' | 'file-with-directory' | 'parent-is-file' | 'parent-is-dangling') {
    super(
      {
        'directory-with-file': `cannot replace to directory ${path} with file`,
        'file-with-directory': `cannot copy to non-directory: ${path}`,
        'parent-is-file': `mkdir ${path}: not a directory`,
        'parent-is-dangling': `mkdir ${path}: file exists`,
      }[kind],
      'remove what lies there in an earlier RUN, or copy to another path',
    )
    this.path = path
  }
}

/** The links of a destination lead round in circles. */
export class TooManyLinksError extends BuildError {
  override readonly name = 'TooManyLinksError'
  readonly code = 'TOO_MANY_LINKS'
  readonly path: string
  constructor(path: string) {
    super('too many links', `the symbolic links on the way to ${path} lead in a circle: remove one of them first`)
    this.path = path
  }
}

/** `--chmod` is neither octal nor symbolic. */
export class InvalidChmodError extends BuildError {
  override readonly name = 'InvalidChmodError'
  readonly code = 'INVALID_CHMOD'
  constructor(text: string) {
    super(
      `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
      'write an octal mode such as 0644, or a symbolic one such as u=rwX,go=rX',
    )
  }
}

/** `--chown`, or the USER of a WORKDIR, by name where there is no root filesystem to look the name up in, or by a number that is no id (S17). */
export class InvalidOwnerError extends BuildError {
  override readonly name = 'InvalidOwnerError'
  readonly code = 'INVALID_OWNER'
  /** As it was written. */
  readonly owner: string
  constructor(owner: string, why = 'it is a name, and there is no root file system with an /etc/passwd') {
    super('invalid user index: -1', `${owner}: ${why}; use numeric ids from 0 to 4294967294`)
    this.owner = owner
  }
}

/** An image that is neither a stage, a named context nor in the store. */
export class ImageNotFoundError extends BuildError {
  override readonly name = 'ImageNotFoundError'
  readonly code = 'IMAGE_NOT_FOUND'
  readonly reference: string
  constructor(reference: string) {
    super(
      `${reference}: not found`,
      `load it first, or name its place: --build-context ${reference}=oci-layout://DIR or ${reference}=docker-archive:FILE`,
    )
    this.reference = reference
  }
}

/** The program of a RUN ended with a status other than 0. */
export class RunFailedError extends BuildError {
  override readonly name = 'RunFailedError'
  readonly code = 'RUN_FAILED'
  readonly exitCode: number
  /** The end of what it printed, both streams. */
  readonly output: string
  readonly elapsedMs: number
  constructor(argv: readonly string[], exitCode: number, output: string, elapsedMs: number) {
    super(
      `process "${argv.join(' ')}" did not complete successfully: exit code: ${exitCode}`,
      'read the end of its output; what it needs has to be in an earlier step or in the base image',
    )
    this.exitCode = exitCode
    this.output = output
    this.elapsedMs = elapsedMs
  }
}

/** A RUN would run as somebody whom the image's /etc/passwd or /etc/group does not have; `cause` is what the executor says. */
export class RunUserUnknownError extends BuildError {
  override readonly name = 'RunUserUnknownError'
  readonly code = 'RUN_UNKNOWN_USER'
  /** USER as it was in force. */
  readonly user: string
  constructor(argv: readonly string[], user: string, cause: Error) {
    super(
      `process "${argv.join(' ')}" did not complete successfully: ${cause.message}`,
      'make the user in an earlier RUN, or name it by its id, which needs no entry',
      { cause },
    )
    this.user = user
  }
}

/** A step asks for what this build does not grant or the executor can't do. */
export class EntitlementError extends BuildError {
  override readonly name = 'EntitlementError'
  readonly code = 'ENTITLEMENT_DENIED'
  constructor(what: string) {
    super(`failed to load LLB: ${what} is not allowed`, `remove it from the instruction, or allow it: --allow ${what}`)
  }
}

/** `RUN --mount=type=ssh,required` names an agent that the build was not given. */
export class SshAgentNotFoundError extends BuildError {
  override readonly name = 'SshAgentNotFoundError'
  readonly code = 'SSH_AGENT_NOT_FOUND'
  constructor(id: string) {
    super(`no ssh agent "${id}" was given to the build`, `hand one over: --ssh ${id}=$SSH_AUTH_SOCK`)
  }
}

/** Something that the Dockerfile may say and this version can't do. */
export class UnsupportedError extends BuildError {
  override readonly name = 'UnsupportedError'
  readonly code = 'UNSUPPORTED'
  constructor(what: string, hint: string) {
    super(`${what} is not supported`, hint)
  }
}

/** A secret that a step requires was not given. */
export class SecretNotFoundError extends BuildError {
  override readonly name = 'SecretNotFoundError'
  readonly code = 'SECRET_NOT_FOUND'
  constructor(id: string) {
    super(`secret ${id}: not found`, `give it with --secret id=${id},src=FILE`)
  }
}

/** An archive that ADD should unpack is broken. */
export class BadArchiveError extends BuildError {
  override readonly name = 'BadArchiveError'
  readonly code = 'BAD_ARCHIVE'
  readonly path: string
  constructor(path: string, cause: unknown) {
    super(
      `cannot unpack ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      'make the archive again, or use COPY to take it as a file',
      { cause },
    )
    this.path = path
  }
}

/** The source of ADD has not the digest that `--checksum` asks for. */
export class ChecksumMismatchError extends BuildError {
  override readonly name = 'ChecksumMismatchError'
  readonly code = 'CHECKSUM_MISMATCH'
  constructor(path: string, expected: string, actual: string) {
    super(`digest mismatch for ${path}: ${actual} (expected: ${expected})`, 'check where the file comes from, then change --checksum')
  }
}

/** The caller's signal ended the build. */
export class BuildCancelledError extends BuildError {
  override readonly name = 'BuildCancelledError'
  readonly code = 'CANCELLED'
  constructor() {
    super('the build was cancelled', 'start it again: finished steps are cached')
  }
}

/** A RUN has to run and the caller gave no executor. */
export class ExecutorMissingError extends BuildError {
  override readonly name = 'ExecutorMissingError'
  readonly code = 'EXECUTOR_MISSING'
  constructor() {
    super(
      'this build has a RUN instruction and no executor to run it',
      "pass one, for example simulatedShell() from '@layerwright/executor/shell'",
    )
  }
}

/** A file from the web could not be had. */
export class RemoteError extends BuildError {
  override readonly name = 'RemoteError'
  readonly code = 'REMOTE_FAILED'
  /** Without credentials. */
  readonly url: string
  constructor(url: string, what: string, cause?: unknown) {
    super(
      `failed to load ${url}: ${what}`,
      'check the address, and whether this machine reaches it',
      cause === undefined ? undefined : { cause },
    )
    this.url = url
  }
}

/** Something that lies in a shared cache under a step's tag is not that step's result. The step is done without it. */
export class CacheEntryRefusedError extends BuildError {
  override readonly name = 'CacheEntryRefusedError'
  readonly code = 'CACHE_ENTRY_REFUSED'
  readonly place: string
  readonly key: string
  constructor(place: string, key: string, why: string) {
    super(`what the cache ${place} has for step ${key} is refused: ${why}`, 'see who writes to this cache; a build without it is right')
    this.place = place
    this.key = key
  }
}

/** The layer of a step result of a shared cache could not be had, or is another than the result says. */
export class CacheLayerError extends BuildError {
  override readonly name = 'CacheLayerError'
  readonly code = 'CACHE_LAYER_UNUSABLE'
  readonly place: string
  readonly key: Digest
  constructor(place: string, key: Digest, cause: unknown) {
    super(
      `the layer that the cache ${place} has for step ${key} is unusable: ${cause instanceof Error ? cause.message : String(cause)}`,
      'see who writes to this cache; a build without it is right',
      { cause },
    )
    this.place = place
    this.key = key
  }
}

/** An explanation was asked for a step that the build does not have. */
export class StepNotFoundError extends BuildError {
  override readonly name = 'StepNotFoundError'
  readonly code = 'STEP_NOT_FOUND'
  constructor(id: string, steps: readonly { readonly id: string; readonly instruction: string }[]) {
    super(
      `there is no step ${id}`,
      `the steps are ${steps.map((step) => `${step.id} (${step.instruction})`).join(', ') || 'none'}; or name a line as :LINE`,
    )
  }
}

/** One reason why a build does not give the same again. */
export interface Instability {
  readonly id: string
  readonly instruction: string
  /** Why the second build did not find it, or what differs. */
  readonly reason: string
  /** The file that differs, absolute, and the first byte that does. */
  readonly path?: string
  readonly offset?: number
}

/** A build was asked to give the same again, and did not. */
export class UnstableBuildError extends BuildError {
  override readonly name = 'UnstableBuildError'
  readonly code = 'UNSTABLE_BUILD'
  readonly found: readonly Instability[]
  constructor(found: readonly Instability[]) {
    super(
      `built again, it is not the same:\n${found.map(({ id, instruction, reason }) => `  ${id} ${instruction}\n    ${reason}`).join('\n')}`,
      'give the program a fixed date (many take SOURCE_DATE_EPOCH), a fixed seed, or remove what it writes down',
    )
    this.found = found
  }
}
