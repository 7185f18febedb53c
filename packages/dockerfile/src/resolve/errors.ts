import type { LineRange } from '../parse/types.js'
import type { ResolveWarning } from './types.js'

/** Stable names of what can be wrong with a Dockerfile that can be read but not resolved. */
export type ResolveErrorCode =
  | 'BAD_CHECKSUM'
  | 'BAD_CHECK_ARGUMENT'
  | 'BAD_CHECK_DIRECTIVE'
  | 'BAD_CONTEXT_NAME'
  | 'BAD_EPOCH'
  | 'BAD_IGNORE_PATTERN'
  | 'BAD_IMAGE_REFERENCE'
  | 'BAD_MOUNT'
  | 'BAD_PLATFORM'
  | 'BAD_PORT'
  | 'BAD_REMOTE_SOURCE'
  | 'BAD_SIGNAL'
  | 'BAD_STAGE_INDEX'
  | 'BAD_TRIGGER'
  | 'BAD_WINDOWS_PATH'
  | 'BASE_UNAVAILABLE'
  | 'BLANK_BASE'
  | 'BLANK_PLATFORM'
  | 'BLANK_VOLUME'
  | 'CYCLIC_STAGES'
  | 'DEVICE_UNSUPPORTED'
  | 'EMPTY_DOCKERFILE'
  | 'INVALID_CHMOD'
  | 'LINT_VIOLATION'
  | 'NO_EXPANSION'
  | 'NO_STAGES'
  | 'STAGE_ORDER'
  | 'TARGET_NOT_FOUND'

export interface ResolveFault {
  /** One of `ResolveErrorCode`, or the code of the word or mount error behind it. */
  readonly code: string
  /** The reference's wording. */
  readonly message: string
  /** What to do about it, in a sentence. */
  readonly hint: string
  /** The name meant, where a misspelling was recognized. */
  readonly suggestion?: string | undefined
  readonly cause?: unknown
}

/** A Dockerfile that can be read but whose stages, words or options don't come to a build. `message` has the reference's exact wording. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError'
  readonly code: string
  /** First line of the first location; `null` for a fault of no line. 1-based. */
  readonly line: number | null
  /** Every place that has to do with it, in the order found. */
  readonly locations: readonly LineRange[]
  readonly hint: string
  readonly suggestion: string | undefined
  /** What the lint rules had found until then. */
  readonly warnings: readonly ResolveWarning[]

  constructor(fault: ResolveFault, locations: readonly LineRange[], warnings: readonly ResolveWarning[]) {
    super(fault.message, fault.cause === undefined ? undefined : { cause: fault.cause })
    this.code = fault.code
    this.line = locations[0]?.startLine ?? null
    this.locations = locations
    this.hint = fault.hint
    this.suggestion = fault.suggestion
    this.warnings = warnings
  }
}

/** A fault on its way out, collecting its places. Inside the resolver only: it leaves as a `ResolveError`. */
export class ResolutionFault extends Error {
  override readonly name = 'ResolutionFault'
  readonly fault: ResolveFault
  readonly locations: LineRange[] = []
  constructor(fault: ResolveFault) {
    super(fault.message)
    this.fault = fault
  }
}

/** Shorthand for throwing. */
export function fault(code: ResolveErrorCode, message: string, hint: string, suggestion?: string, cause?: unknown): ResolutionFault {
  return new ResolutionFault({ code, message, hint, suggestion, cause })
}

/** The error as a fault, with one more place where it happened. Errors that are not of this package pass through. */
export function located(error: unknown, range: LineRange): unknown {
  const found = asFault(error)
  if (!found) return error
  found.locations.push({ startLine: range.startLine, endLine: range.endLine })
  return found
}

interface TypedError extends Error {
  readonly code: string
  readonly hint?: string
  readonly suggestion?: string
}

const isTyped = (error: unknown): error is TypedError =>
  error instanceof Error && (error.name === 'WordError' || error.name === 'MountError') && 'code' in error

/** The fault that an error of a word, a mount or the resolver stands for. */
export function asFault(error: unknown): ResolutionFault | undefined {
  if (error instanceof ResolutionFault) return error
  if (!isTyped(error)) return undefined
  const { code, message, hint, suggestion } = error
  return new ResolutionFault({ code, message, hint: hint ?? 'correct the word', suggestion, cause: error })
}
