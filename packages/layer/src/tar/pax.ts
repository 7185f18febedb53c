import { decodeName, encodeName } from '@layerwright/vfs'
import { TarError } from '../errors.js'

const NEWLINE = 10
const SPACE = 32
const EQUALS = 61

/** One record `<length> <key>=<value>\n`; the length counts itself. */
export function paxRecord(key: Uint8Array, value: Uint8Array): Uint8Array {
  const rest = key.length + value.length + 3
  let length = rest + String(rest).length
  if (String(length).length !== String(rest).length) length = rest + String(length).length
  const out = new Uint8Array(length)
  const digits = String(length)
  for (let i = 0; i < digits.length; i++) out[i] = digits.charCodeAt(i)
  let at = digits.length
  out[at++] = SPACE
  out.set(key, at)
  at += key.length
  out[at++] = EQUALS
  out.set(value, at)
  out[length - 1] = NEWLINE
  return out
}

/** Records of a text key each, in the order given. */
export function encodePax(records: readonly (readonly [key: string, value: Uint8Array])[]): Uint8Array {
  const parts = records.map(([key, value]) => paxRecord(encodeName(key), value))
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/**
 * Key and value of each record, values as copies of their bytes. Keys can come twice (GNU sparse 0.0), so it is a list.
 * @throws TarError TAR_PAX_INVALID. `offset` is only for the message.
 */
export function decodePax(bytes: Uint8Array, offset: number): [key: string, value: Uint8Array][] {
  const records: [string, Uint8Array][] = []
  let at = 0
  while (at < bytes.length) {
    // Some writers pad the records with NULs to a whole block inside the announced size.
    if (bytes[at] === 0) break
    const start = at
    let length = 0
    while (at < bytes.length && bytes[at]! >= 48 && bytes[at]! <= 57 && at - start < 10) length = length * 10 + bytes[at++]! - 48
    const end = start + length
    const blank = at
    if (at === start || bytes[at] !== SPACE || end > bytes.length || end <= blank + 2 || bytes[end - 1] !== NEWLINE) {
      throw new TarError('TAR_PAX_INVALID', offset + start, 'a PAX record has a wrong length')
    }
    const equals = bytes.subarray(0, end).indexOf(EQUALS, blank + 1)
    if (equals <= blank + 1) throw new TarError('TAR_PAX_INVALID', offset + start, 'a PAX record has no key')
    records.push([decodeName(bytes.subarray(blank + 1, equals)), new Uint8Array(bytes.subarray(equals + 1, end - 1))])
    at = end
  }
  return records
}

/** Seconds and nanoseconds as a PAX time: `-1.5` is a second and a half before 1970. */
export function paxTime(seconds: number, nanos: number): string {
  if (nanos === 0) return String(seconds)
  if (seconds >= 0) return `${seconds}.${fraction(nanos)}`
  const whole = -seconds - 1
  return `-${whole}.${fraction(1_000_000_000 - nanos)}`
}

const fraction = (nanos: number): string => String(nanos).padStart(9, '0').replace(/0+$/, '')

/** A PAX time as seconds, rounded down, and nanoseconds; digits behind the ninth are cut off. undefined: not a time. */
export function parsePaxTime(text: string): { readonly seconds: number; readonly nanos: number } | undefined {
  const match = /^(-?)([0-9]{0,15})(?:\.([0-9]*))?$/.exec(text)
  if (!match || (!match[2] && !match[3])) return undefined
  const seconds = Number(match[2] || '0')
  const nanos = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'))
  if (match[1] !== '-') return { seconds, nanos }
  // 0 - 0 is 0, where -0 would be another key in a Map.
  return nanos === 0 ? { seconds: 0 - seconds, nanos } : { seconds: 0 - seconds - 1, nanos: 1_000_000_000 - nanos }
}
