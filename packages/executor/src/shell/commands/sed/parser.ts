// Over 300 lines, in one file because sed's grammar has one reader whose place every command moves in its own way.

import { CommandFailure } from '../../failure.js'
import { posixRegExp } from '../../text/posix-regexp.js'

export type Address =
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'step'; readonly first: number; readonly step: number }
  | { readonly kind: 'last' }
  /** null: the last regular expression that was used. */
  | { readonly kind: 'match'; readonly expression: RegExp | null }
  | { readonly kind: 'count'; readonly lines: number }
  | { readonly kind: 'multiple'; readonly of: number }

export interface Substitution {
  readonly expression: RegExp | null
  readonly replacement: readonly ReplacementPart[]
  readonly global: boolean
  readonly nth: number
  readonly print: number
  readonly evaluate: boolean
  readonly file: string | undefined
}

export type ReplacementPart = { readonly text: string } | { readonly group: number } | { readonly convert: 'U' | 'L' | 'u' | 'l' | 'E' }

export interface SedCommand {
  readonly from: Address | undefined
  readonly to: Address | undefined
  readonly negated: boolean
  readonly name: string
  readonly text: string
  readonly substitution: Substitution | undefined
  readonly map: ReadonlyMap<string, string> | undefined
  /** For `{`: the index of its `}`; for branches: filled in by label. */
  target: number
  /** State of a range: the line at which it ends, or that it is open. */
  active: boolean
  endLine: number
}

/** Compiles a sed script. @throws CommandFailure with sed's message. */
export function parseSed(source: string, extended: boolean): SedCommand[] {
  return new SedParser(source, extended).parse()
}

class SedParser {
  private readonly source: string
  private readonly extended: boolean
  private at = 0
  private readonly commands: SedCommand[] = []
  private readonly open: number[] = []
  private readonly labels = new Map<string, number>()

  constructor(source: string, extended: boolean) {
    this.source = source
    this.extended = extended
  }

  private fault(message: string): never {
    throw new CommandFailure(`-e expression #1, char ${this.at}: ${message}`)
  }

  parse(): SedCommand[] {
    for (;;) {
      this.skip(/[\s;]/)
      if (this.at >= this.source.length) break
      if (this.source[this.at] === '#') {
        this.line()
        continue
      }
      this.command()
    }
    if (this.open.length > 0) {
      this.at = 0
      this.fault("unmatched `{'")
    }
    for (const command of this.commands) {
      if (!'btT'.includes(command.name)) continue
      const target = command.text === '' ? this.commands.length : this.labels.get(command.text)
      if (target === undefined) throw new CommandFailure(`can't find label for jump to \`${command.text}'`, 4)
      command.target = target
    }
    return this.commands
  }

  private skip(expression: RegExp): void {
    while (this.at < this.source.length && expression.test(this.source[this.at]!)) this.at++
  }

  private line(): string {
    const end = this.source.indexOf('\n', this.at)
    const text = this.source.slice(this.at, end === -1 ? undefined : end)
    this.at = end === -1 ? this.source.length : end + 1
    return text
  }

  private address(second: boolean): Address | undefined {
    const rest = this.source.slice(this.at)
    const number = /^([0-9]+)(?:\s*~\s*([0-9]+))?/.exec(rest)
    if (number) {
      this.at += number[0].length
      if (number[2] !== undefined) return { kind: 'step', first: Number(number[1]), step: Number(number[2]) }
      return { kind: 'line', line: Number(number[1]) }
    }
    const relative = second ? /^([+~])([0-9]+)/.exec(rest) : null
    if (relative) {
      this.at += relative[0].length
      return relative[1] === '+' ? { kind: 'count', lines: Number(relative[2]) } : { kind: 'multiple', of: Number(relative[2]) }
    }
    if (rest.startsWith('$')) {
      this.at++
      return { kind: 'last' }
    }
    if (!/^(?:\/|\\.)/s.test(rest)) return undefined
    this.at += rest[0] === '/' ? 1 : 2
    const pattern = this.delimited(this.source[this.at - 1]!, true)
    const flags = /^[IM]*/.exec(this.source.slice(this.at))![0]
    this.at += flags.length
    return { kind: 'match', expression: this.compile(pattern, flags) }
  }

  private compile(pattern: string, flags: string): RegExp | null {
    if (pattern === '') return null
    const expression = posixRegExp(pattern, {
      syntax: this.extended ? 'extended' : 'basic',
      ignoreCase: /[Ii]/.test(flags),
      global: true,
      multiline: /[Mm]/.test(flags),
    })
    if (!expression) this.fault('unterminated address regex')
    return expression
  }

  /** Text up to an unescaped delimiter; the delimiter itself may be escaped in it. */
  private delimited(delimiter: string, isPattern: boolean): string {
    let text = ''
    let bracket = false
    for (; this.at < this.source.length; this.at++) {
      const char = this.source[this.at]!
      if (char === delimiter && !bracket) {
        this.at++
        return text
      }
      if (char === '\\' && this.at + 1 < this.source.length) {
        const next = this.source[++this.at]!
        if (next === delimiter) text += isPattern && /[.*[\]^$+?(){}|]/.test(delimiter) ? `\\${next}` : next
        else if (next === 'n' && isPattern && !bracket) text += '\\n'
        else text += `\\${next}`
        continue
      }
      if (isPattern && char === '[' && !bracket) {
        bracket = true
        text += char
        // A bracket may begin with ] or ^].
        const lead = /^\^?\]?/.exec(this.source.slice(this.at + 1))![0]
        text += lead
        this.at += lead.length
        continue
      }
      if (bracket && char === '[' && /^\[[:.=]/.test(this.source.slice(this.at))) {
        const end = this.source.indexOf(`${this.source[this.at + 1]}]`, this.at + 2)
        if (end !== -1) {
          text += this.source.slice(this.at, end + 2)
          this.at = end + 1
          continue
        }
      }
      if (bracket && char === ']') bracket = false
      if (char === '\n' && isPattern) break
      text += char
    }
    this.fault(isPattern ? 'unterminated address regex' : "unterminated `s' command")
  }

  private command(): void {
    const from = this.address(false)
    this.skip(/\s/)
    let to: Address | undefined
    if (from && this.source[this.at] === ',') {
      this.at++
      this.skip(/\s/)
      to = this.address(true)
      if (!to) this.fault("unexpected `,'")
    }
    this.skip(/\s/)
    let negated = false
    while (this.source[this.at] === '!') {
      negated = true
      this.at++
      this.skip(/\s/)
    }
    const name = this.source[this.at++]
    if (name === undefined) this.fault('missing command')
    let text = ''
    let substitution: Substitution | undefined
    let map: Map<string, string> | undefined
    switch (name) {
      case '{':
        this.open.push(this.commands.length)
        break
      case '}': {
        const start = this.open.pop()
        if (start === undefined) this.fault("unexpected `}'")
        this.commands[start]!.target = this.commands.length
        this.end(name)
        break
      }
      case ':':
        this.skip(/[ \t]/)
        text = /^[^\s;]*/.exec(this.source.slice(this.at))![0]
        this.at += text.length
        this.labels.set(text, this.commands.length)
        break
      case 'b':
      case 't':
      case 'T':
        this.skip(/[ \t]/)
        text = /^[^\s;}]*/.exec(this.source.slice(this.at))![0]
        this.at += text.length
        this.end(name)
        break
      case 'a':
      case 'i':
      case 'c':
        text = this.insertion()
        break
      case 'r':
      case 'R':
      case 'w':
      case 'W':
        this.skip(/[ \t]/)
        text = this.line()
        break
      case 's':
        substitution = this.substitution()
        break
      case 'y':
        map = this.transliteration()
        this.end(name)
        break
      case 'q':
      case 'Q':
      case 'l':
      case 'L':
        this.skip(/[ \t]/)
        text = /^[0-9]*/.exec(this.source.slice(this.at))![0]
        this.at += text.length
        this.end(name)
        break
      case 'd':
      case 'D':
      case 'g':
      case 'G':
      case 'h':
      case 'H':
      case 'n':
      case 'N':
      case 'p':
      case 'P':
      case 'x':
      case '=':
      case 'F':
      case 'z': // biome-ignore format: a row
        this.end(name)
        break
      default:
        this.fault(`unknown command: \`${name}'`)
    }
    this.commands.push({ from, to, negated, name, text, substitution, map, target: -1, active: false, endLine: 0 })
  }

  private end(name: string): void {
    this.skip(/[ \t]/)
    const next = this.source[this.at]
    if (next === undefined || next === ';' || next === '\n' || next === '}' || next === '#') return
    this.at++
    this.fault(name === '}' ? 'extra characters after command' : 'extra characters after command')
  }

  /** Text of a, i and c: one line, or several joined by backslashes. */
  private insertion(): string {
    this.skip(/[ \t]/)
    if (this.source[this.at] === '\\') {
      this.at++
      this.skip(/[ \t]/)
      if (this.source[this.at] === '\n') this.at++
    }
    if (this.at >= this.source.length) this.fault("expected \\ after `a', `c' or `i'")
    let text = ''
    for (; this.at < this.source.length; this.at++) {
      const char = this.source[this.at]!
      if (char === '\n') {
        this.at++
        break
      }
      if (char === '\\' && this.at + 1 < this.source.length) {
        const next = this.source[++this.at]!
        text += next === 't' ? '\t' : next
      } else text += char
    }
    return `${text}\n`
  }

  private substitution(): Substitution {
    const delimiter = this.source[this.at++]
    if (delimiter === undefined || delimiter === '\n' || delimiter === '\\') this.fault("unterminated `s' command")
    const pattern = this.delimited(delimiter, true)
    const replacement = this.delimited(delimiter, false)
    const flags = /^[gpiIeMm0-9]*/.exec(this.source.slice(this.at))![0]
    this.at += flags.length
    let file: string | undefined
    if (this.source[this.at] === 'w') {
      this.at++
      this.skip(/[ \t]/)
      file = this.line()
    } else {
      this.skip(/[ \t]/)
      const next = this.source[this.at]
      if (next !== undefined && !';\n}#'.includes(next)) {
        this.at++
        this.fault("unknown option to `s'")
      }
    }
    const number = /[0-9]+/.exec(flags)
    return {
      expression: this.compile(pattern, flags),
      replacement: replacementParts(replacement),
      global: flags.includes('g'),
      nth: number ? Number(number[0]) : 1,
      print: flags.split('p').length - 1,
      evaluate: flags.includes('e'),
      file,
    }
  }

  private transliteration(): Map<string, string> {
    const delimiter = this.source[this.at++]!
    const read = () => {
      const chars: string[] = []
      const text = this.delimited(delimiter, false)
      for (let at = 0; at < text.length; at++) {
        if (text[at] !== '\\') chars.push(text[at]!)
        else {
          const next = text[++at]!
          chars.push(next === 'n' ? '\n' : next === 't' ? '\t' : next)
        }
      }
      return chars
    }
    const [from, to] = [read(), read()]
    if (from.length !== to.length) this.fault("strings for `y' command are different lengths")
    return new Map(from.map((char, at) => [char, to[at]!]))
  }
}

function replacementParts(source: string): ReplacementPart[] {
  const parts: ReplacementPart[] = []
  let text = ''
  const flush = () => {
    if (text !== '') parts.push({ text })
    text = ''
  }
  for (let at = 0; at < source.length; at++) {
    const char = source[at]!
    if (char === '&') {
      flush()
      parts.push({ group: 0 })
    } else if (char === '\\' && at + 1 < source.length) {
      const next = source[++at]!
      if (/[0-9]/.test(next)) {
        flush()
        parts.push({ group: Number(next) })
      } else if ('ULulE'.includes(next)) {
        flush()
        parts.push({ convert: next as 'U' })
      } else if (next === 'x' && /^[0-9A-Fa-f]{2}/.test(source.slice(at + 1))) {
        text += String.fromCharCode(Number.parseInt(source.slice(at + 1, at + 3), 16))
        at += 2
      } else text += { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07' }[next] ?? next
    } else text += char
  }
  flush()
  return parts
}
