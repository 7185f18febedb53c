import { goQuote, goQuoteBytes } from '../text/go-quote.js'

/** Numbers as the reference's language reads them, with its messages. */

const nanoseconds: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])
const limit = 1n << 63n
const part = /^([0-9]*)(?:\.([0-9]*))?/
const unitName = /^[^.0-9]*/

/**
 * A duration such as `1h30m`, `1.5s` or `300ms`, in nanoseconds.
 * @returns the message of the fault if it is none
 */
export function parseDuration(text: string): bigint | { readonly message: string } {
  const invalid = { message: `time: invalid duration ${goQuoteBytes(text)}` }
  const negative = text.startsWith('-')
  let rest = negative || text.startsWith('+') ? text.slice(1) : text
  if (rest === '0') return 0n
  if (rest === '') return invalid
  let total = 0n
  while (rest !== '') {
    const number = part.exec(rest)!
    const whole = number[1]!
    const fraction = number[2] ?? ''
    if (whole === '' && fraction === '') return invalid
    const significant = whole.replace(/^0+/, '')
    if (significant.length > 19) return invalid
    let value = BigInt(significant === '' ? '0' : significant)
    if (value > limit) return invalid
    rest = rest.slice(number[0].length)
    const unit = unitName.exec(rest)![0]
    if (unit === '') return { message: `time: missing unit in duration ${goQuoteBytes(text)}` }
    rest = rest.slice(unit.length)
    const scale = nanoseconds.get(unit)
    if (scale === undefined) return { message: `time: unknown unit ${goQuoteBytes(unit)} in duration ${goQuoteBytes(text)}` }
    if (value > limit / scale) return invalid
    value *= scale
    if (fraction !== '') value += fractionOf(fraction, scale)
    total += value
    if (value > limit || total > limit) return invalid
  }
  if (negative) return -total
  return total > limit - 1n ? invalid : total
}

/** Digits behind the point, in the reference's floating-point steps; digits beyond 63 bits are dropped. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    if (value > (limit - 1n) / 10n) break
    const next = value * 10n + BigInt(digit)
    if (next > limit) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

/** An unsigned number in 32 bits, `undefined` if it is none. No sign, no separators. */
export function parseUint32(text: string, base: 8 | 10): number | undefined {
  if (!(base === 8 ? /^[0-7]+$/ : /^[0-9]+$/).test(text)) return undefined
  const value = Number.parseInt(text, base)
  return value <= 0xffffffff ? value : undefined
}

/** A signed number in 32 bits, or the message of the fault. */
export function parseInt32(text: string): number | { readonly message: string } {
  if (!/^[+-]?[0-9]+$/.test(text)) return { message: `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax` }
  const value = Number(text)
  if (value > 0x7fffffff || value < -0x80000000) return { message: `strconv.ParseInt: parsing ${goQuote(text)}: value out of range` }
  return value + 0
}

const units: ReadonlyMap<string, number> = new Map([
  ['k', 2 ** 10],
  ['m', 2 ** 20],
  ['g', 2 ** 30],
  ['t', 2 ** 40],
  ['p', 2 ** 50],
])

/** A size such as `64m`, `1.5GiB` or `1024`, in bytes (units are powers of 1024); `undefined` if it is none. */
export function parseBytes(text: string): number | undefined {
  const match = /^\+?((?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?) ?([a-zA-Z]{0,3})$/.exec(text)
  if (!match) return undefined
  const size = Number(match[1])
  if (!Number.isFinite(size)) return undefined
  const suffix = match[2]!.toLowerCase()
  if (suffix === '' || suffix === 'b') return Math.trunc(size)
  const unit = units.get(suffix[0]!)
  const tail = suffix.slice(1)
  if (unit === undefined || (tail !== '' && tail !== 'b' && tail !== 'ib')) return undefined
  return Math.trunc(size * unit)
}
