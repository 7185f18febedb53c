import { WordError } from '../errors.js'
import type { Instruction } from '../instructions/types.js'
import type { LintReporter } from '../lint/reporter.js'
import { reportUndefined } from '../lint/variable-checks.js'
import { expandWord, expandWords } from '../words/expand.js'
import type { EnvLookup, ExpandedWords, WordOptions } from '../words/types.js'
import type { Session, StageState } from './state.js'
import type { WrittenWords } from './types.js'

/** Expands the words of one instruction against its stage, and reports names that nothing defines. */
export class Expansion {
  private readonly session: Session
  private readonly state: StageState
  private readonly instruction: Instruction
  private readonly named = new Map<string, string | null>()
  readonly lint: LintReporter

  constructor(session: Session, state: StageState, instruction: Instruction) {
    this.session = session
    this.state = state
    this.instruction = instruction
    this.lint = session.lint.under(instruction.comments)
  }

  /** One word: variables expanded, quotes and escapes gone. */
  readonly word = (text: string): string => this.reported(text, { escape: this.session.escape })

  /** A text that is split at blanks. */
  words(text: string): readonly string[] {
    return this.unreported(text).words
  }

  /** The body of an inline file: quotes stay, and its escape is always the backslash. */
  body(text: string): string {
    return this.reported(text, { profile: 'heredoc-content' })
  }

  /** A word that can't be expanded has its undefined names reported all the same. @throws WordError */
  private reported(text: string, options: WordOptions): string {
    try {
      const expanded = expandWord(text, this.noting, options)
      this.undefined(expanded.unmatched)
      return expanded.result
    } catch (error) {
      if (error instanceof WordError) this.undefined(error.unmatched)
      throw error
    }
  }

  /** The instruction, with the variables that were named by the words that were expanded so far. */
  written(): WrittenWords {
    return { text: this.instruction.source, variables: [...this.named] }
  }

  private readonly noting: EnvLookup = (name) => {
    const value = this.state.environment.lookup(name)
    this.named.set(name, value ?? null)
    return value
  }

  private unreported(text: string): ExpandedWords {
    return expandWords(text, this.state.environment.lookup, { escape: this.session.escape })
  }

  private undefined(unmatched: ReadonlySet<string>): void {
    if (unmatched.size === 0) return
    const declared = new Set(this.state.args.map(({ key }) => key))
    reportUndefined(unmatched, declared, () => this.state.environment.names(), this.instruction, this.lint)
  }
}
