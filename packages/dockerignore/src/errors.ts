export type IgnoreErrorCode =
  | 'IGNORE_FILE_LINE_TOO_LONG'
  | 'IGNORE_FILE_TOO_LARGE'
  | 'IGNORE_PATTERN_SYNTAX'
  | 'IGNORE_PATTERN_EMPTY_NEGATION'
  | 'IGNORE_PATTERN_REGEXP'
  | 'IGNORE_PATTERN_TOO_LARGE'

export interface IgnoreErrorDetail {
  readonly code: IgnoreErrorCode
  /** When the reference finds it: reading the file, making the matcher, or the first time a path is compared. */
  readonly phase: 'read' | 'compile' | 'match'
  /** What exactly is wrong, for example `"[" without "]"`. */
  readonly reason: string
  /** What to write instead. */
  readonly hint: string
  /** 1-based line of the ignore file, when the patterns came from one. */
  readonly line?: number | undefined
  readonly pattern?: string | undefined
}

/**
 * An ignore file that can't be used. `message` is the reference's own sentence, so that tools which know it still recognise it;
 * `reason` says what is wrong and `hint` what to write instead.
 */
export class IgnoreFileError extends Error {
  override readonly name: string = 'IgnoreFileError'
  readonly code: IgnoreErrorCode
  readonly phase: 'read' | 'compile' | 'match'
  readonly reason: string
  readonly hint: string
  readonly line: number | undefined
  readonly pattern: string | undefined
  constructor(message: string, detail: IgnoreErrorDetail) {
    super(message)
    this.code = detail.code
    this.phase = detail.phase
    this.reason = detail.reason
    this.hint = detail.hint
    this.line = detail.line
    this.pattern = detail.pattern
  }
}

/** One pattern is at fault. Thrown when the matcher is made (`phase: 'compile'`) or when a path first meets it (`phase: 'match'`). */
export class IgnorePatternError extends IgnoreFileError {
  override readonly name = 'IgnorePatternError'
}
