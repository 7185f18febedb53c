import { isSpace, skipSpace } from '../text/space.js'
import type { EscapeToken } from './types.js'

/**
 * Splits the arguments of ENV, LABEL and ARG into words at white space outside quotes. Quotes and escapes stay: expansion removes them.
 * An escape character at the very end is dropped.
 */
export function splitWords(text: string, escapeToken: EscapeToken): string[] {
  const escapeCode = escapeToken.charCodeAt(0)
  const words: string[] = []
  let at = skipSpace(text)
  while (at < text.length) {
    const start = at
    let end = text.length
    let quote = 0
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (quote === 0 && isSpace(code)) {
        end = at
        break
      }
      if (code === escapeCode && quote !== 39) {
        if (at + 1 === text.length) end = at
        at++
      } else if (quote === 0) {
        if (code === 34 || code === 39) quote = code
      } else if (code === quote) quote = 0
    }
    if (end > start) words.push(text.slice(start, end))
    at = skipSpace(text, Math.min(at, text.length))
  }
  return words
}
