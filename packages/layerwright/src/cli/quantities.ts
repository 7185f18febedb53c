/** Sizes and durations as flags have them. */
import { UsageError } from './errors.js'

const UNITS = ['', 'k', 'm', 'g', 't']

/** `10GB`, `500mb`, `1.5g`, `4096`, and with an `i` powers of 1024 (`10GiB`): bytes. @throws UsageError */
export function readSize(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i.exec(text)
  if (!match || (match[3] && !match[2])) throw new UsageError(`--${flag} ${text}: not a size`, 'write bytes, or 500MB, 10GB, 10GiB')
  return Math.floor(Number(match[1]) * (match[3] ? 1024 : 1000) ** UNITS.indexOf(match[2]!.toLowerCase()))
}

const DURATIONS = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/** `90s`, `30m`, `12h`, `7d`: milliseconds. @throws UsageError */
export function readDuration(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text)
  if (!match) throw new UsageError(`--${flag} ${text}: not a duration`, 'write 90s, 30m, 12h or 7d')
  return Number(match[1]) * DURATIONS.get(match[2]!)!
}

/** A whole number of seconds; -1 where the command says what that means. @throws UsageError */
export function readSeconds(flag: string, text: string): number {
  if (!/^(-1|\d+)$/.test(text)) throw new UsageError(`--${flag} ${text}: not a number of seconds`, `write for example --${flag} 10`)
  return Number(text)
}

/** @throws UsageError */
export function readCount(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--${flag} ${text}: not a number`, `write for example --${flag} 20`)
  return Number(text)
}

/** A time: RFC 3339, seconds since 1970, or how long ago (`10m`). Milliseconds since 1970. @throws UsageError */
export function readTime(flag: string, text: string, now = Date.now()): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000
  if (/^\d+(?:\.\d+)?[smhd]$/.test(text)) return now - readDuration(flag, text)
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time))
    throw new UsageError(
      `--${flag} ${text}: not a time`,
      'write 2026-11-22T15:00:00Z, seconds since 1970, or how long ago: 90s, 30m, 12h, 7d',
    )
  return time
}
