import { defaultLimits } from '../limits.js'
import { type LexerLimits, type LexerMode, WordLexer } from './lexer.js'
import type { EnvLookup, ExpandedWord, ExpandedWords, WordOptions, WordProfile } from './types.js'

const mode = (changes: Partial<LexerMode>): LexerMode => ({
  split: false,
  rawQuotes: false,
  rawEscapes: false,
  ignoreQuotes: false,
  keepUnset: false,
  ...changes,
})

const modes: Readonly<Record<WordProfile, LexerMode>> = {
  word: mode({}),
  words: mode({ split: true }),
  'heredoc-content': mode({ ignoreQuotes: true }),
  'run-display': mode({ rawQuotes: true, keepUnset: true }),
  'heredoc-scan': mode({ split: true, rawQuotes: true, rawEscapes: true, keepUnset: true }),
  'heredoc-name': mode({ split: true, keepUnset: true }),
}

/** `heredoc-name` with its quotes left in: comparing the two readings shows whether any part of a name was quoted. */
export const rawHeredocName: LexerMode = mode({ split: true, rawQuotes: true, keepUnset: true })

function limitsOf({ limits }: WordOptions): LexerLimits {
  return limits ? { ...defaultLimits, ...limits } : defaultLimits
}

const nothing: ReadonlySet<string> = new Set()
const special = /[$"'\\`\ufeff]/

/**
 * Expands the variables of one word and removes its quotes and escapes.
 * @param env looks a variable up; `undefined` for one that is not set
 * @throws WordError
 */
export function expandWord(word: string, env: EnvLookup, options: WordOptions = {}): ExpandedWord {
  if (!special.test(word)) return { result: word, matched: nothing, unmatched: nothing }
  const profile = modes[options.profile ?? 'word']
  const lexer = new WordLexer(word, env, options.escape ?? '\\', profile, limitsOf(options))
  const { result } = lexer.run()
  return { result, matched: lexer.matched, unmatched: lexer.unmatched }
}

/**
 * Expands a text and splits it into words at white space outside quotes.
 * @throws WordError
 */
export function expandWords(text: string, env: EnvLookup, options: WordOptions = {}): ExpandedWords {
  const profile = modes[options.profile ?? 'words']
  const lexer = new WordLexer(text, env, options.escape ?? '\\', profile, limitsOf(options))
  const { words } = lexer.run()
  return { words, matched: lexer.matched, unmatched: lexer.unmatched }
}
