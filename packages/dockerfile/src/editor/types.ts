/** Line and UTF-16 unit in it, both from 0: the positions of the language server protocol. */
export interface EditorPosition {
  readonly line: number
  readonly character: number
}

export interface EditorRange {
  readonly start: EditorPosition
  /** Not part of the range. */
  readonly end: EditorPosition
}

/** A use of a variable in an instruction. */
export interface EditorVariable {
  readonly name: string
  /** With its sign and braces. */
  readonly range: EditorRange
  readonly nameRange: EditorRange
  /** The sign of the modifier behind the name (`-` of `:-`), `''` without one. */
  readonly modifier: string
  /** An ARG or ENV above gives it, with a value or without. */
  readonly defined: boolean
  /** The value that an ARG or ENV above gives as its default; `undefined` where there is none. */
  readonly value: string | undefined
}

/** A word of an instruction. */
export interface EditorWord {
  readonly text: string
  readonly range: EditorRange
}

export interface EditorInstruction {
  /** Upper case. */
  readonly keyword: string
  readonly keywordRange: EditorRange
  readonly range: EditorRange
  readonly arguments: readonly EditorWord[]
  readonly variables: readonly EditorVariable[]
}

export interface Completion {
  readonly kind: 'instruction' | 'flag' | 'variable' | 'stage' | 'mount-type'
  /** What the word at the position becomes. */
  readonly text: string
  /** What it replaces. */
  readonly range: EditorRange
}

/** What an editor asks about a Dockerfile, also a broken one. */
export interface EditorDocument {
  /** In order; also those that only an editor can read while they are being written. */
  readonly instructions: readonly EditorInstruction[]
  /** The instruction that a position is in. */
  instructionAt(position: EditorPosition): EditorInstruction | undefined
  /** The variable that a position is in. */
  variableAt(position: EditorPosition): EditorVariable | undefined
  /** Names of the variables that an instruction in this line can use, as defined above it in its stage. */
  variablesAt(line: number): readonly string[]
  /** What can be written at a position. */
  complete(position: EditorPosition): readonly Completion[]
}
