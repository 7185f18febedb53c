import { formatFloat } from '../text/floats.js'
import type { AwkDialect } from './dialect.js'

/** A text from outside (a field, `getline`, `-v`, ENVIRON) that looks like a number: compared as one, shown as it is. */
export class Numeric {
  readonly text: string
  readonly number: number
  constructor(text: string, number: number) {
    this.text = text
    this.number = number
  }
}

export type Value = number | string | Numeric

/** A variable that nothing was assigned to: "" and 0 at once. */
export const unset: Value = new Numeric('', 0)

const numeric = /^[ \t\n\v\f\r]*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[ \t\n\v\f\r]*$/
const leading = /^[ \t\n\v\f\r]*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)/
const leadingHex = /^[ \t\n\v\f\r]*([-+]?)(0[xX][0-9a-fA-F]+)/
const leadingName = /^[ \t\n\v\f\r]*([-+]?)(inf|nan)/i

/** A value from outside. */
export function fromInput(text: string): Value {
  const code = text.charCodeAt(text.length - 1)
  // Most texts end in a letter, and cannot be numbers.
  if (code > 57 || Number.isNaN(code)) return text
  return numeric.test(text) ? new Numeric(text, Number(text)) : text
}

/** The number at the beginning of a text; 0 where there is none. */
export function textToNumber(text: string, dialect: AwkDialect): number {
  if (text === '') return 0
  if (dialect === 'mawk') {
    const hex = leadingHex.exec(text)
    if (hex) return (hex[1] === '-' ? -1 : 1) * Number(hex[2])
    const name = leadingName.exec(text)
    if (name) return (name[1] === '-' ? -1 : 1) * (name[2]!.toLowerCase() === 'inf' ? Infinity : Number.NaN)
  }
  const match = leading.exec(text)
  return match ? Number(match[1]) : 0
}

export function isTrue(value: Value): boolean {
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'string') return value !== ''
  return value === unset ? false : value.number !== 0
}

/** The largest number that mawk shows as an integer; the others show all of them so. */
const mawkInteger = 2147483647

/** A number as text: integers in full, others by the format. */
export function numberToText(value: number, format: (value: number) => string, dialect: AwkDialect): string {
  if (Number.isInteger(value) && (dialect !== 'mawk' || Math.abs(value) <= mawkInteger)) {
    if (Math.abs(value) < 1e15) return String(value)
    return Math.abs(value) < 1e30 || dialect !== 'busybox' ? BigInt(value).toString() : format(value)
  }
  return format(value)
}

/** The format `%.6g`, which nearly all programs use. */
export function sixDigits(value: number): string {
  // What arithmetic gives has its sign set.
  return Number.isNaN(value) ? '-nan' : formatFloat(value, 'g', '')
}

/** -1, 0 or 1: as numbers where both are, else byte by byte; NaN where one is. */
export function compareValues(left: Value, right: Value, text: (value: Value) => string): number {
  if (typeof left !== 'string' && typeof right !== 'string') {
    const [a, b] = [typeof left === 'number' ? left : left.number, typeof right === 'number' ? right : right.number]
    return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN
  }
  const [a, b] = [text(left), text(right)]
  return a < b ? -1 : a > b ? 1 : 0
}
