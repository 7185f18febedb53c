import type { DockerfileLimits } from '../limits.js'
import type { EscapeToken } from '../parse/types.js'

/**
 * How a word is read:
 * - `word`: instruction arguments, ARG and ENV values, flags
 * - `words`: the same, and the result is split at blanks (EXPOSE)
 * - `heredoc-content`: bodies of COPY and ADD here-documents; quotes are ordinary characters
 * - `run-display`: names shown in progress; quotes stay, unset variables stay as written
 * - `heredoc-scan`: a whole line, split, everything kept as written, to find `<<NAME`
 * - `heredoc-name`: the unquoting of such a name
 */
export type WordProfile = 'word' | 'words' | 'heredoc-content' | 'run-display' | 'heredoc-scan' | 'heredoc-name'

/** Looks a variable up; `undefined` when it is not set. A `Map`'s `get`, bound, is one. */
export type EnvLookup = (name: string) => string | undefined

export interface WordOptions {
  /** `\` by default. */
  readonly escape?: EscapeToken
  /** `word` for `expandWord`, `words` for `expandWords` by default. */
  readonly profile?: WordProfile
  /** Nesting of substitutions and length of the result; `defaultLimits` otherwise. */
  readonly limits?: Partial<Pick<DockerfileLimits, 'nesting' | 'expandedLength' | 'patternSteps'>>
}

export interface ExpandedWord {
  readonly result: string
  /** Names looked up and found, in order of first use. */
  readonly matched: ReadonlySet<string>
  /** Names looked up and not found. */
  readonly unmatched: ReadonlySet<string>
}

export interface ExpandedWords {
  readonly words: readonly string[]
  readonly matched: ReadonlySet<string>
  readonly unmatched: ReadonlySet<string>
}
