import { type BracketEscapes, readBracket } from './bracket.js'
import { foldCase, isWord, type Place, type RegExpNode, setOf } from './nodes.js'

export interface Syntax {
  /** Extended (`grep -E`, `sed -E`, awk); else basic. */
  readonly extended: boolean
  readonly ignoreCase: boolean
  readonly bracketEscapes: BracketEscapes
  /** Whether `{2,3}` repeats: mawk takes it for itself. */
  readonly intervals: boolean
  /** GNU's additions: `\w \b \< \>` and so on, back-references. */
  readonly additions: boolean
}

const places: Readonly<Record<string, Place>> = {
  b: 'boundary',
  B: 'inside',
  '<': 'wordStart',
  '>': 'wordEnd',
  '`': 'textStart',
  "'": 'textEnd',
}
const word = setOf(isWord)
const noWord = setOf((byte) => !isWord(byte))
const space = setOf((byte) => byte === 32 || (byte >= 9 && byte <= 13))
const noSpace = setOf((byte) => !(byte === 32 || (byte >= 9 && byte <= 13)))
const everything = setOf(() => true)
const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07' }
/** What `\{1,30000\}` may ask for: as GNU, and far below what a machine of it would take. */
const mostRepeats = 32767

/** Reads a regular expression; undefined where it is malformed. */
export function parseRegExp(source: string, syntax: Syntax): RegExpNode | undefined {
  const parser = new Parser(source, syntax)
  const node = parser.either(0)
  return node && parser.at === source.length ? node : undefined
}

class Parser {
  at = 0
  private readonly source: string
  private readonly syntax: Syntax
  private groups = 0

  constructor(source: string, syntax: Syntax) {
    this.source = source
    this.syntax = syntax
  }

  either(depth: number): RegExpNode | undefined {
    const options: RegExpNode[] = []
    do {
      const option = this.sequence(depth)
      if (!option) return undefined
      options.push(option)
    } while (this.takes('|'))
    return options.length === 1 ? options[0] : { type: 'either', options }
  }

  /** Takes an operator as it is written in this syntax: bare, or behind a backslash. */
  private takes(operator: string): boolean {
    const written = this.syntax.extended ? operator : `\\${operator}`
    if (!this.source.startsWith(written, this.at)) return false // prefix-ok: an operator at a place
    this.at += written.length
    return true
  }

  private sees(operator: string): boolean {
    return this.source.startsWith(this.syntax.extended ? operator : `\\${operator}`, this.at) // prefix-ok: an operator at a place
  }

  private sequence(depth: number): RegExpNode | undefined {
    const parts: RegExpNode[] = []
    /** Whether something stands before, that `*` repeats. */
    let atom = false
    while (this.at < this.source.length) {
      if (this.sees('|') || (depth > 0 && this.sees(')'))) break
      const repeat = this.repeat(atom)
      if (repeat === 'malformed') return undefined
      if (repeat) {
        const last = parts.pop()!
        parts.push(repeated(last, repeat.min, repeat.max))
        continue
      }
      const part = this.atom(depth, parts.length === 0)
      if (!part) return undefined
      parts.push(part)
      // In basic syntax a star behind an anchor is itself.
      atom = this.syntax.extended || part.type !== 'place'
    }
    return parts.length === 1 ? parts[0] : { type: 'sequence', parts }
  }

  /** A sign of repetition, where one stands and can be one. */
  private repeat(atom: boolean): { readonly min: number; readonly max: number } | 'malformed' | undefined {
    const { extended, intervals } = this.syntax
    if (atom && this.source[this.at] === '*') {
      this.at++
      return { min: 0, max: Infinity }
    }
    if (atom && this.takes('+')) return { min: 1, max: Infinity }
    if (atom && this.takes('?')) return { min: 0, max: 1 }
    if (!intervals || !this.sees('{')) return undefined
    const body = /^\\?\{([0-9]*)(,?)([0-9]*)(\\?)\}/.exec(this.source.slice(this.at))
    const closed = body !== null && (body[4] === '') === extended && !(body[1] === '' && body[2] === '')
    if (!closed || !atom) return extended ? undefined : 'malformed'
    this.at += body[0].length
    const min = Number(body[1] || 0)
    const max = body[2] === '' ? min : body[3] === '' ? Infinity : Number(body[3])
    return max < min || min > mostRepeats || (max > mostRepeats && max !== Infinity) ? 'malformed' : { min, max }
  }

  private atom(depth: number, first: boolean): RegExpNode | undefined {
    const { source, syntax } = this
    if (this.takes('(')) {
      this.groups++
      const body = this.either(depth + 1)
      if (!body || !this.takes(')')) return undefined
      return { type: 'group', body, capture: true }
    }
    const char = source[this.at]!
    if (char === '[') {
      const bracket = readBracket(source, this.at, syntax.bracketEscapes)
      if (!bracket) return undefined
      this.at = bracket.end + 1
      return { type: 'set', set: syntax.ignoreCase ? foldCase(bracket.set) : bracket.set }
    }
    this.at++
    if (char === '\\') return this.escape()
    if (char === '.') return { type: 'set', set: everything }
    if (char === '^' && (syntax.extended || first)) return { type: 'place', place: 'lineStart' }
    if (char === '$' && (syntax.extended || this.at === source.length || this.sees(')') || this.sees('|')))
      return { type: 'place', place: 'lineEnd' }
    return this.literal(char)
  }

  private escape(): RegExpNode | undefined {
    const next = this.source[this.at]
    if (next === undefined) return this.syntax.additions ? undefined : this.literal('\\')
    this.at++
    if (this.syntax.bracketEscapes === 'all') {
      const octal = /^[0-7]{1,3}/.exec(this.source.slice(this.at - 1))
      if (octal) {
        this.at += octal[0].length - 1
        return this.literal(String.fromCharCode(Number.parseInt(octal[0], 8) & 255))
      }
      if (this.syntax.additions && next === 'y') return { type: 'place', place: 'boundary' }
    }
    if (this.syntax.additions) {
      if (places[next] && !(this.syntax.bracketEscapes === 'all' && next === 'b')) return { type: 'place', place: places[next] }
      if (next === 'w') return { type: 'set', set: word }
      if (next === 'W') return { type: 'set', set: noWord }
      if (next === 's') return { type: 'set', set: space }
      if (next === 'S') return { type: 'set', set: noSpace }
      if (/[1-9]/.test(next)) return Number(next) <= this.groups ? { type: 'back', group: Number(next) } : undefined
    }
    return this.literal(controls[next] ?? next)
  }

  private literal(char: string): RegExpNode {
    const set = new Uint8Array(256)
    set[char.charCodeAt(0) & 255] = 1
    return { type: 'set', set: this.syntax.ignoreCase ? foldCase(set) : set }
  }
}

/** `a**` is `a*`: collapsed, because a nested repetition makes a backtracking matcher slow. */
function repeated(body: RegExpNode, min: number, max: number): RegExpNode {
  if (body.type === 'repeat' && body.min <= 1 && body.max === Infinity && min <= 1) return { ...body, min: Math.min(body.min, min) }
  return { type: 'repeat', body, min, max }
}
