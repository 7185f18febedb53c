import { formatFloat } from '../text/floats.js'
import { padded } from '../text/pad.js'
import type { AwkDialect } from './dialect.js'
import { AwkFailure } from './failure.js'
import type { Value } from './values.js'

const directive = /%(?:(%)|([-+ #0]*)(\*|[0-9]+)?(?:\.(\*|[0-9]*))?(?:hh|h|ll|l|L|q|j|z|t)?([a-zA-Z]?))/g

/** What formatting needs to know of the values. */
export interface Formatting {
  readonly dialect: AwkDialect
  number(value: Value): number
  text(value: Value): string
}

/** `sprintf`. @throws AwkFailure for a directive that does not exist, or that has no argument left */
export function formatText(format: string, args: readonly Value[], how: Formatting): string {
  let used = 0
  let missing: number | undefined
  const next = (at: number): Value => {
    const value = args[used++]
    if (value === undefined) missing ??= at
    return value ?? ''
  }
  const text = format.replace(directive, (whole, percent, flagText: string | undefined, widthText, precisionText, kind, at: number) => {
    if (percent) return '%'
    let flags = flagText ?? ''
    const count = (text: string | undefined) =>
      text === '*' ? Math.trunc(how.number(next(at))) : text === undefined ? undefined : Number(text || 0)
    let width = count(widthText) ?? 0
    let precision = count(precisionText)
    if (width < 0) {
      flags += '-'
      width = -width
    }
    if (precision !== undefined && precision < 0) precision = undefined
    switch (kind) {
      case 's':
        return padded(how.text(next(at)).slice(0, precision), flags, width, false)
      case 'c': {
        const value = next(at)
        const shown =
          typeof value === 'string'
            ? value.slice(0, 1) || (how.dialect === 'mawk' ? '\0' : '')
            : String.fromCharCode(how.number(value) & 255)
        return padded(shown, flags, width, false)
      }
      case 'd':
      case 'i':
      case 'o':
      case 'x':
      case 'X':
      case 'u':
        return padded(integer(how.number(next(at)), kind, flags, precision, how.dialect), flags, width, precision === undefined)
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G': {
        const value = how.number(next(at))
        return padded(floatText(value, kind, flags, precision), flags, width, Number.isFinite(value))
      }
      default:
        throw new AwkFailure(`run time error: improper conversion in printf("${whole}")`)
    }
  })
  if (missing !== undefined) throw new MissingArgument(format, format.slice(0, missing), args)
  return text
}

/** A format asks for more than it was given. What stands before, `printf` of mawk has written already. */
export class MissingArgument extends AwkFailure {
  readonly before: string
  readonly args: readonly Value[]
  constructor(format: string, before: string, args: readonly Value[]) {
    super(`run time error: not enough arguments passed to printf("${format}")`)
    this.before = before
    this.args = args
  }
}

/** As C does it; what arithmetic gives for no number has its sign set. */
function floatText(value: number, kind: string, flags: string, precision: number | undefined): string {
  if (!Number.isNaN(value)) return formatFloat(value, kind, flags, precision)
  return kind === kind.toUpperCase() ? '-NAN' : '-nan'
}

function integer(value: number, kind: string, flags: string, precision: number | undefined, dialect: AwkDialect): string {
  const signed = kind === 'd' || kind === 'i'
  if (!Number.isFinite(value) && dialect !== 'mawk') return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf'
  const whole = clamped(value, signed, dialect)
  let digits = (whole < 0n ? -whole : whole).toString(kind === 'o' ? 8 : kind === 'x' || kind === 'X' ? 16 : 10)
  if (kind === 'X') digits = digits.toUpperCase()
  if (precision !== undefined) digits = precision === 0 && whole === 0n ? '' : digits.padStart(precision, '0')
  if (flags.includes('#') && whole !== 0n)
    digits = kind === 'o' ? `0${digits}` : kind === 'x' || kind === 'X' ? `0${kind}${digits}` : digits
  if (!signed) return digits
  return (whole < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '') + digits
}

/** mawk's integers have 32 bits, and larger numbers become the largest. */
function clamped(value: number, signed: boolean, dialect: AwkDialect): bigint {
  if (Number.isNaN(value)) return signed ? -2147483647n : 0n
  if (dialect === 'mawk') {
    const most = signed ? 2147483647 : 4294967295
    return BigInt(Math.trunc(Math.min(most, Math.max(signed ? -most : 0, value))))
  }
  const whole = BigInt(Math.trunc(value))
  return signed ? whole : BigInt.asUintN(64, whole)
}
