import type { WordErrorCode } from '../errors.js'

/** A fault before the text that it is reported for is known. */
export class Fault {
  readonly code: WordErrorCode
  readonly detail: string
  readonly hint: string
  /** Beyond our limits, so never to be reported as anything else. */
  readonly limit: boolean

  constructor(code: WordErrorCode, detail: string, hint: string) {
    this.code = code
    this.detail = detail
    this.hint = hint
    this.limit = code === 'EXPANSION_LIMIT'
  }
}

export const missingBrace = () => new Fault('MISSING_BRACE', "syntax error: missing '}'", 'Close the substitution with `}`.')

const supported = '`:-`, `-`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`, `/` and `//`'

export function unterminated(which: 'single' | 'double'): Fault {
  const detail = `unexpected end of statement while looking for matching ${which}-quote`
  return new Fault('UNTERMINATED_QUOTE', detail, 'Close the quote, or escape it if it is meant literally.')
}

export function unsupported(modifier: string): Fault {
  return new Fault('UNSUPPORTED_MODIFIER', `unsupported modifier (${modifier}) in substitution`, `The modifiers are ${supported}.`)
}
