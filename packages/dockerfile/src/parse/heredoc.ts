import { InstructionFault, WordError } from '../errors.js'
import { expandWords, rawHeredocName } from '../words/expand.js'
import { WordLexer } from '../words/lexer.js'

/** The head of a here-document: what `<<NAME` says. */
export interface HeredocHead {
  readonly name: string
  readonly fd: number
  readonly expand: boolean
  readonly chomp: boolean
}

const unset = (): undefined => undefined
const pattern = /^([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)$/
/** The reference keeps the file descriptor in 64 bits. */
const maxDescriptor = 2 ** 64

/**
 * Reads a word as the head of a here-document.
 * @returns `undefined` if it is none
 * @throws WordError for a name whose quotes or substitutions don't close
 */
export function parseHeredocWord(word: string): HeredocHead | undefined {
  if (!word.includes('<<')) return undefined
  const match = pattern.exec(word)
  const written = match?.[3]
  if (!match || !written) return undefined
  const words = expandWords(written, unset, { profile: 'heredoc-name' }).words
  if (words.length !== 1) return undefined
  const raw = new WordLexer(written, unset, '\\', rawHeredocName).run().words
  if (raw.length !== words.length) {
    throw new InstructionFault({
      code: 'BAD_WORD',
      message: `internal lexing of heredoc produced inconsistent results: ${written}`,
      hint: 'Use a plain name for the here-document.',
    })
  }
  return {
    name: words[0]!,
    fd: Math.min(Number(match[1]), maxDescriptor),
    // A quote that worked is in the raw reading only; an escaped one is in both.
    expand: countQuotes(words[0]!) === countQuotes(raw[0]!),
    chomp: match[2] === '-',
  }
}

function countQuotes(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) if (text[i] === "'" || text[i] === '"') count++
  return count
}

/** Like `parseHeredocWord`, and a word that can't be read is no here-document. */
export function tryHeredocWord(word: string): HeredocHead | undefined {
  try {
    return parseHeredocWord(word)
  } catch (error) {
    if (error instanceof WordError || error instanceof InstructionFault) return undefined
    throw error
  }
}

/**
 * The here-documents that a logical line opens, in order. The whole line is read as shell words; where that fails (a lone quote,
 * a substitution that only bash knows) the line has none, even if it shows `<<NAME`.
 * @throws WordError, InstructionFault
 */
export function findHeredocs(line: string): HeredocHead[] {
  let words: readonly string[]
  try {
    words = expandWords(line, unset, { profile: 'heredoc-scan' }).words
  } catch (error) {
    if (error instanceof WordError && error.code !== 'EXPANSION_LIMIT') return []
    throw error
  }
  return words.flatMap((word) => parseHeredocWord(word) ?? [])
}

/** Removes the leading tabs of each line, as `<<-` asks. */
export function chompHeredoc(data: string): string {
  return data.replace(/(^|\n)\t+/g, '$1')
}

/** The same for a body as bytes. */
export function chompHeredocBytes(bytes: Uint8Array): Uint8Array {
  let leading = true
  return bytes.filter((byte) => {
    leading = byte === 10 || (leading && byte === 9)
    return byte === 10 || !leading
  })
}
