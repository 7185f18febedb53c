import { isSpace, skipSpace, trim } from '../text/space.js'

/**
 * Takes the leading `--flag` words off the arguments and removes their quotes and escapes. `--` alone ends the flags and is dropped.
 * The escape is the backslash whatever `# escape` says.
 *
 * The reference goes through the bytes and turns each into a character, which garbles everything outside ASCII; here characters are
 * characters (docs/divergences.md).
 */
export function splitFlags(text: string): { flags: string[]; rest: string } {
  const start = skipSpace(text)
  // Most instructions have none.
  if (text.charCodeAt(start) !== 45) return { flags: [], rest: trim(text) }
  const { flags, end } = scanFlags(text, start)
  return { flags: flags.map((flag) => flag.text), rest: trim(text.slice(end)) }
}

/** A flag as read, and where it is written. */
export interface FlagSpan {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The leading flags of `text` from `start` on, and where the arguments (or the white space in front of them) begin. */
export function scanFlags(text: string, start: number): { flags: FlagSpan[]; end: number } {
  const flags: FlagSpan[] = []
  let at = skipSpace(text, start)
  while (text.charCodeAt(at) === 45 && text.charCodeAt(at + 1) === 45) {
    const word = readFlag(text, at)
    if (word.text !== '' && word.text !== '--') flags.push({ text: word.text, start: at, end: word.end })
    at = word.end
    if (word.text === '--') break
    at = skipSpace(text, at)
  }
  return { flags, end: at }
}

function readFlag(text: string, from: number): { text: string; end: number } {
  let word = ''
  let quote = 0
  let at = from
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 92) {
      // An escape at the very end is dropped.
      if (at + 1 < text.length) word += text[++at]
    } else if (quote !== 0) {
      if (code === quote) quote = 0
      else word += text[at]
    } else if (code === 34 || code === 39) quote = code
    else if (isSpace(code)) break
    else word += text[at]
  }
  return { text: word, end: at }
}
