/** Pass one: what the text says before any instruction is known. Lines are 1-based and ranges include both ends. */

export type EscapeToken = '\\' | '`'

export interface LineRange {
  readonly startLine: number
  readonly endLine: number
}

/** A parser directive (`# escape=`, `# syntax=`, `# check=`) of the head of the file. */
export interface Directive {
  /** Lower case. */
  readonly name: string
  readonly value: string
  readonly line: number
}

/** The frontend that the file asks for: a `# syntax=` or `// syntax=` line, or a JSON document with that key. */
export interface SyntaxDirective {
  /** First word of `cmdline`: an image reference. */
  readonly ref: string
  readonly cmdline: string
  readonly line: number
}

/** A here-document as read from the lines that follow the instruction. */
export interface HeredocNode {
  readonly name: string
  /** The number written before `<<`; 0 without one. */
  readonly fd: number
  /** False where any part of the name was quoted: the body is taken literally. */
  readonly expand: boolean
  /** `<<-`: leading tabs are removed from each line. Not done yet in `data`. */
  readonly chomp: boolean
  /** The body with its last newline, as written. */
  readonly data: string
  /**
   * The body as bytes, where it is no UTF-8: `data` has U+FFFD in the place of each byte that is none. Leading tabs as in `data`.
   */
  readonly bytes?: Uint8Array
}

/** The instruction behind ONBUILD, read from its own text. */
export interface SubNode {
  readonly keyword: string
  readonly flags: readonly string[]
  readonly args: readonly (string | SubNode)[]
  readonly json: boolean
  /** The text from its keyword on, continuations joined. */
  readonly original: string
}

/** One instruction as text: keyword, flags, arguments. Nothing is expanded and only flags are unquoted. */
export interface DockerfileNode extends SubNode, LineRange {
  /** The comment lines right above, without `#`, trimmed. */
  readonly comments: readonly string[]
  readonly heredocs: readonly HeredocNode[]
}

/** A finding of the parser itself; the lint rules have their own. */
export interface ParseWarning {
  /** Name of the lint rule, for example `FromAsCasing`. */
  readonly rule: string
  readonly message: string
  readonly line: number
  readonly endLine: number
}
