import { WordError } from '../errors.js'
import { type DockerfileLimits, defaultLimits } from '../limits.js'
import { goQuote } from '../text/go-quote.js'
import { ExpansionBudget } from './budget.js'
import { Fault, missingBrace, unsupported, unterminated } from './fault.js'
import { endOfName } from './names.js'
import { modify, replaceIn } from './substitution.js'
import type { EnvLookup } from './types.js'
import { type Collector, WordList } from './word-list.js'

/** What the six profiles switch. */
export interface LexerMode {
  /** The result is a list, split at white space outside quotes. */
  readonly split: boolean
  /** Quotes stay in the result. */
  readonly rawQuotes: boolean
  /** Escape characters stay in the result. */
  readonly rawEscapes: boolean
  /** Quotes are ordinary characters. */
  readonly ignoreQuotes: boolean
  /** An unset variable stays as written. */
  readonly keepUnset: boolean
}

export type LexerLimits = Pick<DockerfileLimits, 'nesting' | 'expandedLength' | 'patternSteps'>

const end = -1
const doubleQuote = 34
const dollarSign = 36
const singleQuote = 39
const slash = 47
const colon = 58
const less = 60
const openBrace = 123
const closeBrace = 125

/** In place of a list where the profile does not split. */
const ignored: Collector = { addRaw: () => {}, addText: () => {}, close: () => [] }

/**
 * Expands one text in one go, left to right. The reference's rules and accidents, since both change what is built; where they surprise,
 * the place says so.
 */
export class WordLexer {
  readonly matched = new Set<string>()
  readonly unmatched = new Set<string>()
  private readonly words = new WordList()
  private readonly text: string
  private readonly lookup: EnvLookup
  private readonly escape: number
  private readonly mode: LexerMode
  private readonly nesting: number
  private at: number
  private rawEscapes: boolean
  private depth = 0
  private readonly budget: ExpansionBudget

  constructor(text: string, lookup: EnvLookup, escapeToken: string, mode: LexerMode, limits: LexerLimits = defaultLimits) {
    this.text = text
    this.lookup = lookup
    this.escape = escapeToken.charCodeAt(0)
    this.mode = mode
    this.nesting = limits.nesting
    this.budget = new ExpansionBudget(limits.expandedLength, limits.patternSteps)
    this.rawEscapes = mode.rawEscapes
    // The reference's scanner swallows a byte order mark in front.
    this.at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  }

  /** Throws `WordError`. */
  run(): { result: string; words: string[] } {
    try {
      return this.until(end, this.mode.rawEscapes)
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault
      const message = `failed to process ${goQuote(this.text)}: ${fault.detail}`
      throw new WordError(fault.code, this.text, message, fault.hint, this.matched, this.unmatched)
    }
  }

  private peek(): number {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : end
  }

  /** The whole character at the current place; U+FFFD behind the end, as it reads in messages. */
  private take(): string {
    if (this.at >= this.text.length) return '\ufffd'
    const character = String.fromCodePoint(this.text.codePointAt(this.at)!)
    this.at += character.length
    return character
  }

  /** Reads up to `stop` (a character outside quotes, which is consumed) or the end. */
  private until(stop: number, rawEscapes: boolean): { result: string; words: string[] } {
    if (++this.depth > this.nesting) {
      throw new Fault('EXPANSION_LIMIT', 'substitutions are nested too deep', `At most ${this.nesting} levels are read.`)
    }
    const outerRawEscapes = this.rawEscapes
    this.rawEscapes = rawEscapes
    const words = this.mode.split ? this.words.open() : ignored
    const result: string[] = []
    const finish = () => {
      this.depth--
      this.rawEscapes = outerRawEscapes
      return { result: result.join(''), words: words.close() }
    }
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at)
      if (code === stop) {
        this.at++
        return finish()
      }
      if (code === dollarSign) {
        const piece = this.budget.text(this.dollar())
        result.push(piece)
        words.addText(piece)
      } else if (code === less) {
        const piece = this.angle()
        result.push(piece)
        words.addRaw(piece)
      } else if ((code === doubleQuote || code === singleQuote) && !this.mode.ignoreQuotes) {
        const piece = code === singleQuote ? this.singleQuoted() : this.doubleQuoted()
        result.push(piece)
        words.addRaw(piece)
      } else if (code === this.escape) {
        this.at++
        const kept = this.rawEscapes ? String.fromCharCode(code) : ''
        if (kept) {
          words.addRaw(kept)
          result.push(kept)
        }
        if (this.at >= this.text.length) break
        const character = this.take()
        words.addRaw(character)
        result.push(character)
      } else {
        // A run of ordinary characters at once.
        const from = this.at++
        while (this.at < this.text.length && this.isOrdinary(this.text.charCodeAt(this.at), stop)) this.at++
        const piece = this.text.slice(from, this.at)
        result.push(piece)
        words.addText(piece)
      }
    }
    if (stop !== end) {
      const detail = `unexpected end of statement while looking for matching ${String.fromCharCode(stop)}`
      throw new Fault(stop === slash ? 'MISSING_SLASH' : 'MISSING_BRACE', detail, 'Close the substitution.')
    }
    return finish()
  }

  private isOrdinary(code: number, stop: number): boolean {
    return code !== stop && code !== dollarSign && code !== less && code !== doubleQuote && code !== singleQuote && code !== this.escape
  }

  /** `<<` takes the blanks behind it into its word, so that `<< NAME` is one. */
  private angle(): string {
    const from = this.at++
    if (this.peek() !== less) return '<'
    this.at++
    while (this.at < this.text.length && isHeredocBlank(this.text.charCodeAt(this.at))) this.at++
    return this.text.slice(from, this.at)
  }

  private singleQuoted(): string {
    const close = this.text.indexOf("'", this.at + 1)
    if (close < 0) {
      this.at = this.text.length
      throw unterminated('single')
    }
    const from = this.at
    this.at = close + 1
    return this.mode.rawQuotes ? this.text.slice(from, close + 1) : this.text.slice(from + 1, close)
  }

  private doubleQuoted(): string {
    const out: string[] = []
    this.at++
    if (this.mode.rawQuotes) out.push('"')
    for (;;) {
      const code = this.peek()
      if (code === end) throw unterminated('double')
      if (code === doubleQuote) {
        this.at++
        if (this.mode.rawQuotes) out.push('"')
        return out.join('')
      }
      if (code === dollarSign) {
        out.push(this.budget.text(this.dollar()))
        continue
      }
      let character = this.take()
      if (code === this.escape) {
        if (this.rawEscapes) out.push(character)
        const next = this.peek()
        if (next === end) continue
        // Only these are escaped here; in front of anything else the escape character stands for itself (and so, raw, appears twice).
        if (next === doubleQuote || next === dollarSign || next === this.escape) character = this.take()
      }
      out.push(character)
    }
  }

  private get(name: string): string | undefined {
    const value = this.lookup(name)
    if (value === undefined) this.unmatched.add(name)
    else this.matched.add(name)
    return value
  }

  private name(): string {
    const from = this.at
    this.at = endOfName(this.text, from)
    return this.text.slice(from, this.at)
  }

  private dollar(): string {
    this.at++
    if (this.peek() !== openBrace) {
      const name = this.name()
      if (name === '') return '$'
      const value = this.get(name)
      return value === undefined ? (this.mode.keepUnset ? `$${name}` : '') : value
    }
    this.at++
    const first = this.peek()
    if (first === end) throw missingBrace()
    if (first === openBrace || first === closeBrace || first === colon) {
      throw new Fault('BAD_SUBSTITUTION', 'syntax error: bad substitution', 'Write a variable name behind the opening brace.')
    }
    const name = this.name()
    const modifier = this.take()
    switch (modifier) {
      case '}': {
        const value = this.get(name)
        return value === undefined ? (this.mode.keepUnset ? `\${${name}}` : '') : value
      }
      case ':': {
        const kind = this.take()
        if (kind === '#' || kind === '%') throw unsupported(`:${kind}`)
        return this.modified(name, kind, `:${kind}`, true)
      }
      case '+':
      case '-':
      case '?':
      case '#':
      case '%':
        return this.modified(name, modifier, modifier, false)
      case '/':
        return this.replaced(name)
      default:
        throw unsupported(modifier)
    }
  }

  /** Reads the word of a modifier. Any fault that ends at the end of the text is reported as the missing end of the substitution. */
  private operand(stop: number, rawEscapes: boolean, missing: () => Fault): string {
    try {
      return this.until(stop, rawEscapes).result
    } catch (fault) {
      if (fault instanceof Fault && !fault.limit && this.at >= this.text.length) throw missing()
      throw fault
    }
  }

  private modified(name: string, kind: string, written: string, emptyIsUnset: boolean): string {
    const trims = kind === '#' || kind === '%'
    const word = this.operand(closeBrace, trims, missingBrace)
    const value = this.get(name)
    if (value === undefined && this.mode.keepUnset) return `\${${name}${written}${word}}`
    return modify({ name, value, kind, written, word, emptyIsUnset }, this.budget)
  }

  private replaced(name: string): string {
    const all = this.peek() === slash
    if (all) this.at++
    const missingSlash = () =>
      new Fault('MISSING_SLASH', `syntax error: missing '/' in \${}`, 'Write name/pattern/replacement between the braces.')
    const written = this.operand(slash, true, missingSlash)
    const replacement = this.operand(closeBrace, true, missingBrace)
    const value = this.get(name)
    // Written back with one slash even where there were two: an accident of the reference, visible in progress names only.
    if (value === undefined && this.mode.keepUnset) return `\${${name}/${written}/${replacement}}`
    return replaceIn(value ?? '', written, replacement, all, this.budget)
  }
}

function isHeredocBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13
}
