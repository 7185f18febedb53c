import { isSpace, skipSpace, trim } from '../text/space.js'

/**
 * Takes the leading `--flag` words off the arguments and removes their quotes and escapes. `--` alone ends the flags and is dropped.
 * The escape is the backslash whatever `# escape` says.
 *
 * The reference goes through the bytes and turns each into a character, which garbles everything outside ASCII; here characters are
 * characters (docs/divergences.md).
 */
export function splitFlags(text: string): { flags: string[]; rest: string } {
  const flags: string[] = []
  let at = skipSpace(text)
  while (text.charCodeAt(at) === 45 && text.charCodeAt(at + 1) === 45) {
    const word = readFlag(text, at)
    at = word.end
    if (word.text === '--') break
    if (word.text !== '' || word.quoted) flags.push(word.text)
    at = skipSpace(text, at)
  }
  return { flags, rest: trim(text.slice(at)) }
}

function readFlag(text: string, from: number): { text: string; quoted: boolean; end: number } {
  let word = ''
  let quote = 0
  let quoted = false
  let at = from
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 92) {
      // An escape at the very end is dropped.
      if (at + 1 < text.length) word += text[++at]
    } else if (quote !== 0) {
      if (code === quote) quote = 0
      else word += text[at]
    } else if (code === 34 || code === 39) {
      quote = code
      quoted = true
    } else if (isSpace(code)) break
    else word += text[at]
  }
  return { text: word, quoted, end: at }
}
