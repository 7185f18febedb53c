import type { LineRange, ParseWarning } from './parse/types.js'

/** Which pass found the fault. All faults of `parse` win over all faults of `instructions`, wherever they are in the file. */
export type SyntaxPhase = 'check' | 'parse' | 'instructions'

/** Stable names of what can be wrong with a Dockerfile's text. */
export type SyntaxErrorCode =
  | 'BAD_CHECK_DIRECTIVE'
  | 'BAD_DEVICE'
  | 'BAD_DURATION'
  | 'BAD_ESCAPE_DIRECTIVE'
  | 'BAD_FROM'
  | 'BAD_HEALTHCHECK'
  | 'BAD_MOUNT'
  | 'BAD_ONBUILD_TRIGGER'
  | 'BAD_STAGE_NAME'
  | 'BAD_WORD'
  | 'BLANK_NAME'
  | 'DUPLICATE_DIRECTIVE'
  | 'DUPLICATE_FLAG'
  | 'EMPTY_DOCKERFILE'
  | 'FLAG_NEEDS_VALUE'
  | 'INVALID_FLAG_VALUE'
  | 'INVALID_MODE'
  | 'JSON_NOT_STRINGS'
  | 'JSON_REQUIRED'
  | 'LIMIT_EXCEEDED'
  | 'LINE_TOO_LONG'
  | 'MISSING_ARGUMENTS'
  | 'MISSING_EQUALS'
  | 'NO_EXPANSION'
  | 'NO_STAGE'
  | 'TOO_MANY_ARGUMENTS'
  | 'UNKNOWN_FLAG'
  | 'UNKNOWN_INSTRUCTION'
  | 'UNTERMINATED_HEREDOC'

export interface SyntaxFault {
  readonly code: SyntaxErrorCode
  /** The reference's wording, without the line prefix that it puts before faults of the second pass. */
  readonly message: string
  /** What to do about it, in a sentence. */
  readonly hint: string
  /** The word meant, where a misspelling was recognized. */
  readonly suggestion?: string
  /** The text at fault, as written. */
  readonly focus?: string
}

/** A Dockerfile that can't be read. `message` has the reference's exact wording; `hint` is ours. */
export class DockerfileSyntaxError extends Error {
  override readonly name = 'DockerfileSyntaxError'
  readonly code: SyntaxErrorCode
  readonly phase: SyntaxPhase
  /** First line of the first location; `null` for a fault of no line. 1-based. */
  readonly line: number | null
  readonly locations: readonly LineRange[]
  /** `message` without the line in front that faults of the second pass have. */
  readonly reason: string
  readonly hint: string
  /** The word meant, where a misspelling was recognized. */
  readonly suggestion: string | undefined
  /** The text at fault as written, where it is less than the instruction. */
  readonly focus: string | undefined
  /** What the parser had to say before it came to the fault. */
  readonly warnings: readonly ParseWarning[]

  constructor(fault: SyntaxFault, phase: SyntaxPhase, locations: readonly LineRange[], details: SyntaxErrorDetails = {}) {
    const line = locations[0]?.startLine ?? null
    super(details.prefixed ? `dockerfile parse error on line ${line}: ${fault.message}` : fault.message)
    this.code = fault.code
    this.phase = phase
    this.line = line
    this.locations = locations
    this.reason = fault.message
    this.hint = fault.hint
    this.suggestion = fault.suggestion
    this.focus = fault.focus
    this.warnings = details.warnings ?? []
  }
}

export interface SyntaxErrorDetails {
  /** Put the line in front of the message. */
  readonly prefixed?: boolean
  readonly warnings?: readonly ParseWarning[]
}

/** A fault found inside an instruction, before its lines are known. The passes turn it into a `DockerfileSyntaxError`. */
export class InstructionFault extends Error {
  override readonly name = 'InstructionFault'
  readonly fault: SyntaxFault

  constructor(fault: SyntaxFault) {
    super(fault.message)
    this.fault = fault
  }
}

export type WordErrorCode =
  | 'BAD_PATTERN'
  | 'BAD_SUBSTITUTION'
  | 'EXPANSION_LIMIT'
  | 'MISSING_BRACE'
  | 'MISSING_SLASH'
  | 'UNSUPPORTED_MODIFIER'
  | 'UNTERMINATED_QUOTE'
  | 'VARIABLE_EMPTY'
  | 'VARIABLE_UNSET'

/** A word that can't be expanded. `message` has the reference's exact wording. */
export class WordError extends Error {
  override readonly name = 'WordError'
  readonly code: WordErrorCode
  readonly word: string
  readonly hint: string
  /** Names looked up before the fault: found, and not found. */
  readonly matched: ReadonlySet<string>
  readonly unmatched: ReadonlySet<string>

  constructor(
    code: WordErrorCode,
    word: string,
    message: string,
    hint: string,
    matched: ReadonlySet<string> = new Set(),
    unmatched: ReadonlySet<string> = new Set(),
  ) {
    super(message)
    this.code = code
    this.word = word
    this.hint = hint
    this.matched = matched
    this.unmatched = unmatched
  }
}

export type MountErrorCode =
  | 'BAD_CSV'
  | 'BAD_MOUNT_VALUE'
  | 'MOUNT_OPTION_CONFLICT'
  | 'MOUNT_OPTION_MISPLACED'
  | 'MOUNT_OPTION_MISSING'
  | 'NO_EXPANSION'
  | 'UNKNOWN_MOUNT_OPTION'
  | 'UNKNOWN_MOUNT_TYPE'

/** A `RUN --mount` that can't be read. `message` has the reference's exact wording. */
export class MountError extends Error {
  override readonly name = 'MountError'
  readonly code: MountErrorCode
  readonly hint: string
  readonly suggestion: string | undefined

  constructor(code: MountErrorCode, message: string, hint: string, suggestion?: string) {
    super(message)
    this.code = code
    this.hint = hint
    this.suggestion = suggestion
  }
}

export type DocumentEditErrorCode =
  | 'BAD_EDIT_VALUE'
  | 'EDIT_REACHES_OTHERS'
  | 'NO_SUCH_ARGUMENT'
  | 'NO_SUCH_INSTRUCTION'
  | 'NO_SUCH_STAGE'
  | 'NOT_AN_IMAGE'

/** An edit of a document that can't be made as asked. The document is unchanged. */
export class DocumentEditError extends Error {
  override readonly name = 'DocumentEditError'
  readonly code: DocumentEditErrorCode
  readonly hint: string

  constructor(code: DocumentEditErrorCode, message: string, hint: string) {
    super(`${message}. ${hint}`)
    this.code = code
    this.hint = hint
  }
}
