import { RunLimitError } from '../../errors.js'
import type { Call } from '../call.js'
import { posixRegExp } from '../text/posix-regexp.js'
import type { Cell } from './arrays.js'
import type { AwkDialect } from './dialect.js'
import { AwkFailure } from './failure.js'
import { type Formatting, formatText } from './format.js'
import type { Separator } from './reader.js'
import { AwkRecord, type Splitter } from './record.js'
import { Streams } from './streams.js'
import { fromInput, numberToText, sixDigits, textToNumber, type Value } from './values.js'

/** What runs at the end of a body: nothing special, or a jump. */
export type Jump = 'break' | 'continue' | 'next' | 'nextfile' | 'return' | 'exit'

/** A jump out of a function that was called within an expression. */
export class FarJump extends Error {
  readonly jump: Jump
  constructor(jump: Jump) {
    super(jump)
    this.jump = jump
  }
}

/** How often the task is asked for its turn: rounds of loops, records. */
const roundsPerStep = 256
const regExpsKept = 500

/** The state of a running program. */
export class Machine implements Formatting {
  readonly call: Call
  readonly dialect: AwkDialect
  readonly streams: Streams
  readonly record: AwkRecord
  /** Variables of the whole program. */
  readonly globals: ReadonlyMap<string, Cell>
  /** Parameters of the function that runs. */
  frame: readonly Cell[] = []
  depth = 0
  returned: Value = ''
  exitStatus = 0
  /** `exit` was carried out. */
  exited = false
  /** State of `rand`, and the seed it came from. */
  random = 0
  seed = 0
  private rounds = 0
  private readonly expressions = new Map<string, RegExp>()
  private splitFor: { readonly separator: string; readonly paragraphs: boolean; readonly splitter: Splitter } | undefined

  constructor(call: Call, dialect: AwkDialect, globals: ReadonlyMap<string, Cell>) {
    this.call = call
    this.dialect = dialect
    this.globals = globals
    this.streams = new Streams(call)
    this.record = new AwkRecord(this.splitter(), (fields) => fields.map((field) => this.text(field)).join(this.textOf('OFS')))
  }

  cell(name: string): Cell {
    return this.globals.get(name)!
  }

  textOf(name: string): string {
    return this.text(this.cell(name).value)
  }

  number(value: Value): number {
    if (typeof value === 'number') return value
    return typeof value === 'string' ? textToNumber(value, this.dialect) : value.number
  }

  text = (value: Value): string => {
    if (typeof value === 'string') return value
    return typeof value === 'number' ? this.numberText(value, 'CONVFMT') : value.text
  }

  /** As `print` shows a value. */
  printed(value: Value): string {
    return typeof value === 'number' ? this.numberText(value, 'OFMT') : this.text(value)
  }

  private numberText(value: number, name: 'CONVFMT' | 'OFMT'): string {
    return numberToText(value, (each) => this.shown(each, name), this.dialect)
  }

  private shown(value: number, name: 'CONVFMT' | 'OFMT'): string {
    const format = this.cell(name).value
    if (format === '%.6g') return sixDigits(value)
    return formatText(typeof format === 'string' ? format : '%.6g', [value], this)
  }

  /** Text of a subscript: several are joined by SUBSEP. */
  key(values: readonly Value[]): string {
    const [only] = values
    if (values.length === 1 && only !== undefined) return this.text(only)
    return values.map(this.text).join(this.textOf('SUBSEP'))
  }

  regExp(source: string): RegExp {
    let expression = this.expressions.get(source)
    if (!expression) {
      const compiled = compileRegExp(source, this.dialect)
      if (this.expressions.size > regExpsKept) this.expressions.clear()
      this.expressions.set(source, compiled)
      expression = compiled
    }
    expression.lastIndex = 0
    return expression
  }

  /** Splits as FS says now; in paragraph mode a newline separates fields too. */
  splitter(): Splitter {
    const separator = this.textOf('FS')
    const paragraphs = this.textOf('RS') === ''
    const known = this.splitFor
    if (known?.separator === separator && known.paragraphs === paragraphs) return known.splitter
    let splitter = this.splitterOf(separator)
    if (paragraphs && separator !== ' ') {
      const inner = splitter
      splitter = (text) => text.split('\n').flatMap((line) => (line === '' ? [''] : inner(line)))
    }
    this.splitFor = { separator, paragraphs, splitter }
    return splitter
  }

  splitterOf(separator: string): Splitter {
    if (separator === ' ') return (text) => text.match(/[^ \t\n]+/g) ?? []
    if (separator === '') return (text) => [...text]
    if (separator.length === 1 && separator !== '\\') return (text) => (text === '' ? [] : text.split(separator))
    return (text) => splitBy(text, this.regExp(separator))
  }

  separator(): Separator {
    const text = this.textOf('RS')
    if (text === '') return { kind: 'blank' }
    return text.length === 1 ? { kind: 'byte', byte: text } : { kind: 'match', expression: this.regExp(text) }
  }

  assignRecord(text: string): void {
    this.record.assign(text, this.splitter())
  }

  setField(index: number, value: Value): void {
    if (index < 0 || Number.isNaN(index)) throw new AwkFailure(`run time error: negative field index $${index}`)
    const most = 1_000_000
    if (index > most) throw new AwkFailure(`run time error: field index $${index} is too large`)
    if (index === 0) this.assignRecord(this.text(value))
    else this.record.set(index, value)
  }

  field(index: number): Value {
    if (index < 0 || Number.isNaN(index)) throw new AwkFailure(`run time error: negative field index $${index}`)
    return this.record.get(Math.trunc(index))
  }

  /** Assigns a variable from outside: `-v`, an operand, the environment. */
  assignText(cell: Cell, name: string, text: string): void {
    if (name === 'NF') this.record.resize(textToNumber(text, this.dialect))
    else cell.value = fromInput(text)
  }

  /** One round of a loop: now and then others get their turn. */
  round(): undefined | Promise<void> {
    this.rounds++
    return this.rounds % roundsPerStep === 0 ? this.call.step() : undefined
  }

  enter(): void {
    const { depth } = this.call.process.run.scheduler.limits
    if (++this.depth > depth) throw new RunLimitError('depth', depth)
  }
}

/** @throws AwkFailure where it is malformed */
export function compileRegExp(source: string, dialect: AwkDialect): RegExp {
  const compiled = posixRegExp(source, { syntax: 'extended', global: true, awk: dialect === 'mawk' ? 'mawk' : 'gawk' })
  if (!compiled) throw new AwkFailure(`regular expression compile failed: ${source}`)
  return compiled
}

/** The pieces of a text between matches; an empty match separates nothing. */
export function splitBy(text: string, expression: RegExp): string[] {
  if (text === '') return []
  const parts: string[] = []
  let from = 0
  expression.lastIndex = 0
  for (let match = expression.exec(text); match; match = expression.exec(text)) {
    if (match[0] === '') expression.lastIndex++
    else {
      parts.push(text.slice(from, match.index))
      from = match.index + match[0].length
    }
  }
  parts.push(text.slice(from))
  return parts
}
