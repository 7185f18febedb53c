import { goQuote } from '../text/go-quote.js'

/** How the reference prints values into history lines: Go's `%v`, `%q` and `%+v`. */

/** A list as `%v` prints it. */
export const list = (values: readonly string[]): string => `[${values.join(' ')}]`

/** A list as `%q` prints it: quoted, no commas. */
export const quotedList = (values: readonly string[]): string => `[${values.map(goQuote).join(' ')}]`

/** A duration in nanoseconds as Go prints it: `1m30s`, `1.5s`, `100ms`, `0s`. */
export function duration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s'
  const sign = nanoseconds < 0 ? '-' : ''
  const all = BigInt(Math.abs(Math.trunc(nanoseconds)))
  const decimal = (value: bigint, unit: bigint) => {
    const digits = unit.toString().length - 1
    const fraction = (value % unit).toString().padStart(digits, '0').replace(/0+$/, '')
    return `${value / unit}${fraction === '' ? '' : `.${fraction}`}`
  }
  if (all < 1_000n) return `${sign}${all}ns`
  if (all < 1_000_000n) return `${sign}${decimal(all, 1_000n)}µs`
  if (all < 1_000_000_000n) return `${sign}${decimal(all, 1_000_000n)}ms`
  const second = 1_000_000_000n
  const seconds = `${decimal(all % (60n * second), second)}s`
  const minutes = all / (60n * second)
  if (minutes === 0n) return `${sign}${seconds}`
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`
}
