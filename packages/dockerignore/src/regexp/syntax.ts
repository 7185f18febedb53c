import { limits } from '../limits.js'
import { type CharSet, complement, contains, notNewline, perlClasses, posixClasses, propertySet, single } from './char-set.js'

/** Places that match without taking a character. */
export type Assertion = 'begin' | 'end' | 'wordBoundary' | 'notWordBoundary'

export type Node =
  | { readonly kind: 'char'; readonly set: CharSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'concat'; readonly parts: Node[] }
  | { readonly kind: 'alternate'; readonly branches: Node[] }
  /** `max` undefined: without end. */
  | { readonly kind: 'repeat'; readonly part: Node; readonly min: number; readonly max: number | undefined }

/** The text is no RE2 expression. Caught inside the package: the user sees an IgnorePatternError. */
export class RegexpSyntaxError extends Error {
  override readonly name = 'RegexpSyntaxError'
}

const CONTROL: Record<string, number> = { __proto__: null as never, a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }
const isOctal = (char: string | undefined) => char !== undefined && char >= '0' && char <= '7'

/**
 * Reads the part of RE2's syntax that can come out of an ignore pattern (flags as in Go's `regexp.Compile`): literals, classes with
 * POSIX, Perl and Unicode names, escapes, `\Q…\E`, alternation, counted repetition, `* + ?`, the groups that `**` makes, assertions.
 */
class Parser {
  private readonly text: string
  private at = 0
  constructor(text: string) {
    this.text = text
  }

  parse(): Node {
    return this.alternation(false)
  }

  private alternation(inGroup: boolean): Node {
    const branches: Node[] = []
    let parts: Node[] = []
    // Whether what stands directly before is an operator already: `a**` is an error in this syntax, not a double star.
    let repeated = false
    while (this.at < this.text.length) {
      const char = this.text[this.at]!
      if (char === ')') {
        if (inGroup) break
        throw new RegexpSyntaxError('")" without "("')
      }
      if (char === '|') {
        this.at++
        branches.push({ kind: 'concat', parts })
        parts = []
        repeated = false
        continue
      }
      const count = this.repetition()
      if (count) {
        const part = parts.pop()
        if (!part) throw new RegexpSyntaxError('a repetition with nothing to repeat')
        if (repeated) throw new RegexpSyntaxError('a repetition of a repetition')
        parts.push({ kind: 'repeat', part, min: count.min, max: count.max })
        repeated = true
        // A `?` behind makes it lazy, which changes nothing about whether it matches.
        if (this.text[this.at] === '?') this.at++
        continue
      }
      repeated = false
      this.atom(parts)
    }
    branches.push({ kind: 'concat', parts })
    return branches.length === 1 ? branches[0]! : { kind: 'alternate', branches }
  }

  /** `*`, `+`, `?` or `{n}`, `{n,}`, `{n,m}` here; braces that are no count are ordinary characters. */
  private repetition(): { min: number; max: number | undefined } | undefined {
    const char = this.text[this.at]
    if (char === '*' || char === '+' || char === '?') {
      this.at++
      return { min: char === '+' ? 1 : 0, max: char === '?' ? 1 : undefined }
    }
    if (char !== '{') return undefined
    const digits = (from: number) => {
      let end = from
      while (end < this.text.length && this.text[end]! >= '0' && this.text[end]! <= '9') end++
      return end
    }
    const number = (start: number, end: number) => {
      const written = this.text.slice(start, end)
      if (written === '' || (written.length > 1 && written.startsWith('0'))) return undefined
      return written.length > 8 ? Number.POSITIVE_INFINITY : Number(written)
    }
    const minEnd = digits(this.at + 1)
    const min = number(this.at + 1, minEnd)
    if (min === undefined) return undefined
    let max: number | undefined = min
    let end = minEnd
    if (this.text[end] === ',') {
      const maxEnd = digits(end + 1)
      max = maxEnd === end + 1 ? undefined : number(end + 1, maxEnd)
      if (max === undefined && maxEnd > end + 1) return undefined
      end = maxEnd
    }
    if (this.text[end] !== '}') return undefined
    if (min > limits.repeat || (max !== undefined && (max > limits.repeat || max < min))) {
      throw new RegexpSyntaxError(`a repeat count above ${limits.repeat}, or its bounds the wrong way round`)
    }
    this.at = end + 1
    return { min, max }
  }

  private atom(parts: Node[]): void {
    const char = this.text[this.at]!
    if (char === '(') {
      this.at++
      const node = this.alternation(true)
      if (this.text[this.at] !== ')') throw new RegexpSyntaxError('"(" without ")"')
      this.at++
      parts.push(node)
    } else if (char === '[') parts.push({ kind: 'char', set: this.charClass() })
    else if (char === '\\') this.escape(parts)
    else if (char === '^' || char === '$') {
      this.at++
      parts.push({ kind: 'assert', assertion: char === '^' ? 'begin' : 'end' })
    } else if (char === '.') {
      this.at++
      parts.push({ kind: 'char', set: notNewline })
    } else parts.push({ kind: 'char', set: single(this.next()) })
  }

  private next(): number {
    const codePoint = this.text.codePointAt(this.at)!
    this.at += codePoint > 0xffff ? 2 : 1
    return codePoint
  }

  private escape(parts: Node[]): void {
    const char = this.text[this.at + 1]
    if (char === 'A' || char === 'z') {
      this.at += 2
      parts.push({ kind: 'assert', assertion: char === 'A' ? 'begin' : 'end' })
    } else if (char === 'b' || char === 'B') {
      this.at += 2
      parts.push({ kind: 'assert', assertion: char === 'b' ? 'wordBoundary' : 'notWordBoundary' })
    } else if (char === 'Q') {
      this.at += 2
      const found = this.text.indexOf('\\E', this.at)
      const end = found < 0 ? this.text.length : found
      while (this.at < end) parts.push({ kind: 'char', set: single(this.next()) })
      this.at = found < 0 ? end : end + 2
    } else {
      const set = this.namedSet()
      parts.push({ kind: 'char', set: set ?? single(this.escapedChar()) })
    }
  }

  /** `\d`, `\W`, `\pL`, `\P{Greek}`, `\p{^Greek}` here. */
  private namedSet(): CharSet | undefined {
    const char = this.text[this.at + 1]
    if (char === undefined) return undefined
    const perl = perlClasses.get(char.toLowerCase())
    if (perl) {
      this.at += 2
      return { ranges: perl, properties: [], negated: char !== char.toLowerCase() }
    }
    if (char !== 'p' && char !== 'P') return undefined
    this.at += 2
    let name: string
    if (this.text[this.at] === '{') {
      const end = this.text.indexOf('}', this.at)
      if (end < 0) throw new RegexpSyntaxError('"\\p{" without "}"')
      name = this.text.slice(this.at + 1, end)
      this.at = end + 1
    } else {
      if (this.at >= this.text.length) throw new RegexpSyntaxError('"\\p" without a name')
      name = String.fromCodePoint(this.next())
    }
    const caret = name.startsWith('^')
    const set = propertySet(caret ? name.slice(1) : name, (char === 'P') !== caret)
    if (!set) throw new RegexpSyntaxError(`no Unicode class is named "${name}"`)
    return set
  }

  /** The character that an escape stands for. */
  private escapedChar(): number {
    this.at++
    if (this.at >= this.text.length) throw new RegexpSyntaxError('a backslash with nothing behind it')
    const codePoint = this.next()
    const char = String.fromCodePoint(codePoint)
    // A digit but 0 needs a second octal digit behind it: `\1` alone would be a back-reference.
    if (char === '0' || (isOctal(char) && isOctal(this.text[this.at]))) {
      let value = codePoint - 0x30
      for (let i = 0; i < 2 && isOctal(this.text[this.at]); i++) value = value * 8 + this.next() - 0x30
      return value
    }
    if (char === 'x') return this.hexadecimal()
    const control = CONTROL[char]
    if (control !== undefined) return control
    if (codePoint < 0x80 && !/[0-9A-Za-z]/.test(char)) return codePoint
    throw new RegexpSyntaxError(`"\\${char}" means nothing`)
  }

  private hexadecimal(): number {
    const braced = /^\{([0-9A-Fa-f]{1,12})\}/.exec(this.text.slice(this.at, this.at + 14))
    const plain = /^[0-9A-Fa-f]{2}/.exec(this.text.slice(this.at, this.at + 2))
    const found = braced ?? plain
    const value = found ? Number.parseInt(braced ? braced[1]! : found[0], 16) : Number.NaN
    if (!found || value > 0x10ffff) throw new RegexpSyntaxError('"\\x" without a hexadecimal number')
    this.at += found[0].length
    return value
  }

  private classChar(): number {
    if (this.at >= this.text.length) throw new RegexpSyntaxError('"[" without "]"')
    return this.text[this.at] === '\\' ? this.escapedChar() : this.next()
  }

  private charClass(): CharSet {
    this.at++
    const negated = this.text[this.at] === '^'
    if (negated) this.at++
    const ranges: number[] = []
    const properties: ((codePoint: number) => boolean)[] = []
    for (let first = true; first || this.text[this.at] !== ']'; first = false) {
      if (this.at >= this.text.length) throw new RegexpSyntaxError('"[" without "]"')
      const posix = this.posixClass()
      if (posix) {
        ranges.push(...posix)
        continue
      }
      const named = this.text[this.at] === '\\' ? this.namedSet() : undefined
      if (named) {
        if (named.properties.length > 0) properties.push((codePoint) => contains(named, codePoint))
        else ranges.push(...(named.negated ? complement(named.ranges) : named.ranges))
        continue
      }
      const low = this.classChar()
      let high = low
      if (this.text[this.at] === '-' && this.at + 1 < this.text.length && this.text[this.at + 1] !== ']') {
        this.at++
        high = this.classChar()
        if (high < low) throw new RegexpSyntaxError('a range with its ends the wrong way round')
      }
      ranges.push(low, high)
    }
    this.at++
    return { ranges, properties, negated }
  }

  private posixClass(): readonly number[] | undefined {
    if (this.text[this.at] !== '[' || this.text[this.at + 1] !== ':') return undefined
    const end = this.text.indexOf(':]', this.at + 2)
    if (end < 0) return undefined
    const written = this.text.slice(this.at + 2, end)
    const negated = written.startsWith('^')
    const ranges = posixClasses.get(negated ? written.slice(1) : written)
    if (!ranges) throw new RegexpSyntaxError(`no class is named "[:${written.slice(0, 40)}:]"`)
    this.at = end + 2
    return negated ? complement(ranges) : ranges
  }
}

/** @throws RegexpSyntaxError */
export function parseRegexp(source: string): Node {
  return new Parser(source).parse()
}
