import type { Call } from '../call.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { backslashWord } from '../language/quote.js'
import { formatDate } from '../text/dates.js'
import { readEscapes } from '../text/escapes.js'
import { formatFloat } from '../text/floats.js'
import { padded } from '../text/pad.js'
import type { Command } from './types.js'

const directive = /%(%|(?:([-+ #0']*)(\*|[0-9]+)?(?:\.(\*|-?[0-9]*))?)(?:hh|h|ll|l|L|j|z|t)?(\([^)]*\)T|[diouxXeEfFgGaAcsbqQ]))/g

export const printf: Command = (call) => {
  let args = [...call.args]
  let variable: string | undefined
  if (args[0] === '-v' && call.shell) {
    variable = args[1]
    args = args.slice(2)
  }
  if (args[0] === '--') args = args.slice(1)
  const [format, ...values] = args
  if (format === undefined) {
    call.err('usage: printf [-v var] format [arguments]')
    return 2
  }
  const printer = new Printer(call, values)
  const text = printer.print(format)
  if (variable === undefined) call.out(text)
  else {
    const element = /^([^[]+)\[(.*)\]$/.exec(variable)
    if (element)
      call.shell!.env.setElement(
        element[1]!,
        call.shell!.env.find(element[1]!)?.map ? element[2]! : Number(call.shell!.arithmetic(element[2]!)),
        text,
      )
    else call.shell!.assign(variable, text)
  }
  return call.status
}

class Printer {
  private readonly call: Call
  private readonly values: string[]
  private at = 0
  private stopped = false

  constructor(call: Call, values: string[]) {
    this.call = call
    this.values = values
  }

  /** The format is used again until the values are used up. */
  print(format: string): string {
    let text = ''
    do {
      const before = this.at
      text += this.once(format)
      if (this.at === before) break
    } while (this.at < this.values.length && !this.stopped)
    return text
  }

  private next(): string | undefined {
    return this.values[this.at++]
  }

  private once(format: string): string {
    let text = ''
    let from = 0
    directive.lastIndex = 0
    for (let match = directive.exec(format); match && !this.stopped; match = directive.exec(format)) {
      text += readEscapes(format.slice(from, match.index), 'printf').text
      from = match.index + match[0].length
      text += this.convert(match)
      directive.lastIndex = from
    }
    if (this.stopped) return text
    const rest = format.slice(from)
    const bad = /%(.?)/.exec(rest)
    if (bad) throw new CommandFailure(`\`${bad[1]}': invalid format character`)
    return text + readEscapes(rest, 'printf').text
  }

  private convert(match: RegExpExecArray): string {
    const [, whole, flagText = '', widthText, precisionText, kind = ''] = match
    if (whole === '%') return '%'
    let flags = flagText
    const star = (text: string | undefined) =>
      text === '*' ? Number(this.integer(this.next())) : text === undefined ? undefined : Number(text || 0)
    let width = star(widthText)
    let precision = star(precisionText)
    if (width !== undefined && width < 0) {
      flags += '-'
      width = -width
    }
    if (precision !== undefined && precision < 0) precision = undefined
    const pad = (text: string, numeric: boolean) =>
      padded(text, flags, width ?? 0, numeric && !(precision !== undefined && 'diouxX'.includes(kind)))
    switch (kind) {
      case 'a':
      case 'A':
        throw new NotSimulated('%a is not simulated')
      case 's':
        return pad((this.next() ?? '').slice(0, precision), false)
      case 'q':
        return pad(backslashWord(this.next() ?? ''), false)
      case 'Q':
        return pad(backslashWord((this.next() ?? '').slice(0, precision)), false)
      case 'c':
        return pad((this.next() ?? '').slice(0, 1), false)
      case 'b': {
        const shown = readEscapes(this.next() ?? '', 'b')
        this.stopped ||= shown.stop
        return pad(shown.text.slice(0, precision), false)
      }
      case 'd':
      case 'i':
      case 'o':
      case 'u':
      case 'x':
      case 'X':
        return pad(integerText(this.integer(this.next()), kind, flags, precision), true)
    }
    if (kind.endsWith('T')) {
      const seconds = Number(this.next() ?? -1)
      const now = this.call.process.run.scheduler.now()
      return pad(formatDate(kind.slice(1, -2) || '%X', seconds < 0 ? now : seconds * 1000), false)
    }
    return pad(formatFloat(this.float(this.next()), kind, flags, precision), true)
  }

  private integer(text: string | undefined): bigint {
    if (text === undefined || text === '') return 0n
    if (/^["']/.test(text)) return BigInt(text.charCodeAt(1) || 0)
    const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|[0-9]+)/.exec(text)
    const digits = match?.[2] ?? ''
    let value = 0n
    let valid = match !== null && match[0].length === text.length
    if (/^0[0-9]/.test(digits)) {
      const octal = /^0[0-7]*/.exec(digits)![0]
      valid &&= octal.length === digits.length
      value = octal === '0' ? 0n : BigInt(`0o${octal.slice(1)}`)
    } else if (digits !== '') value = BigInt(digits)
    if (!valid) this.invalid(text)
    return BigInt.asIntN(64, match?.[1] === '-' ? -value : value)
  }

  private float(text: string | undefined): number {
    if (text === undefined || text === '') return 0
    if (/^["']/.test(text)) return text.charCodeAt(1)
    const match = /^\s*[-+]?(?:0x[0-9a-f]+|inf(?:inity)?|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)/i.exec(text)
    if (!match || match[0].length !== text.length) this.invalid(text)
    const value = match?.[0].trim().toLowerCase() ?? '0'
    if (value.includes('inf')) return value.startsWith('-') ? -Infinity : Infinity
    return Number(value)
  }

  private invalid(text: string): void {
    this.call.fail(this.call.shell ? `${text}: invalid number` : `'${text}': expected a numeric value`)
  }
}

function integerText(value: bigint, kind: string, flags: string, precision: number | undefined): string {
  const signed = kind === 'd' || kind === 'i'
  const magnitude = signed ? (value < 0n ? -value : value) : BigInt.asUintN(64, value)
  let digits = magnitude.toString(kind === 'o' ? 8 : kind === 'x' || kind === 'X' ? 16 : 10)
  if (kind === 'X') digits = digits.toUpperCase()
  if (precision !== undefined) digits = precision === 0 && magnitude === 0n ? '' : digits.padStart(precision, '0')
  if (flags.includes('#') && magnitude !== 0n)
    digits = kind === 'o' ? `0${digits}` : kind === 'x' || kind === 'X' ? `0${kind}${digits}` : digits
  if (flags.includes("'")) digits = `${digits}`
  if (!signed) return digits
  return (value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '') + digits
}
