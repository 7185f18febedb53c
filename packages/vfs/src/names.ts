/**
 * POSIX names as strings. Valid UTF-8 is itself; each byte b that is not part of valid UTF-8 is the lone surrogate
 * U+DC00+b, so that every name has exactly one string and no byte is lost.
 */
import { InvalidNameError } from './errors.js'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
const SURROGATE = /[\ud800-\udfff]/
// A pair, or one half of none.
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** Bytes of a name to its string. Never throws. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return decodeEscaped(bytes)
  }
}

function decodeEscaped(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    if (length === 0) text += String.fromCharCode(0xdc00 + bytes[at++]!)
    else {
      text += strict.decode(bytes.subarray(at, at + length))
      at += length
    }
  }
  return text
}

/** Length of the well-formed UTF-8 sequence at `at`, 0 if there is none (Unicode 15, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!
  if (lead < 0x80) return 1
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  const second = bytes[at + 1]!
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let i = 2; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0
  return length
}

/**
 * A name's string to its bytes.
 * @throws InvalidNameError where it holds half of a surrogate pair that stands for no byte.
 */
export function encodeName(name: string): Uint8Array {
  if (!SURROGATE.test(name) || !LONE.test(name)) return encoder.encode(name)
  const out: number[] = []
  for (const char of name) {
    const code = char.codePointAt(0)!
    if (code >= 0xdc80 && code <= 0xdcff) out.push(code - 0xdc00)
    else if (code >= 0xd800 && code <= 0xdfff) throw new InvalidNameError(name)
    else for (const byte of encoder.encode(char)) out.push(byte)
  }
  return Uint8Array.from(out)
}

/** Whether the string stands for a name at all: no half pairs but escaped bytes. */
export function isEncodable(name: string): boolean {
  if (!SURROGATE.test(name)) return true
  for (const char of name) {
    const code = char.codePointAt(0)!
    if (code >= 0xd800 && code <= 0xdfff && !(code >= 0xdc80 && code <= 0xdcff)) return false
  }
  return true
}

/** Bytes that a name or path takes. */
export function byteLengthOf(name: string): number {
  let bytes = 0
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    else if (unit < 0xd800 || unit > 0xdfff) bytes += 3
    else if (unit < 0xdc00 && i + 1 < name.length && (name.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      bytes += 4
      i++
    } else bytes += 1
  }
  return bytes
}

/**
 * Order of names by their bytes, as `LC_ALL=C sort`. JavaScript's own order differs from it above U+FFFF and for escaped
 * bytes, so only names that hold surrogates take the slow way.
 */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0
  const end = Math.min(a.length, b.length)
  let i = 0
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++
  const x = i < a.length ? a.charCodeAt(i) : -1
  const y = i < b.length ? b.charCodeAt(i) : -1
  if (x < 0xd800 && y < 0xd800) return x - y
  return compareBytes(encodeName(a), encodeName(b))
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

// Below it, the order of code units is the order of bytes.
const HIGH = /[\ud800-\uffff]/

/** The names of a directory in byte order. */
export function sortedNames(entries: ReadonlyMap<string, unknown>): string[] {
  const names: string[] = new Array(entries.size)
  let count = 0
  let high = false
  let sorted = true
  for (const name of entries.keys()) {
    high ||= HIGH.test(name)
    // Most directories were built in order; looking costs less than sorting.
    if (count > 0 && names[count - 1]! >= name) sorted = false
    names[count++] = name
  }
  if (high) return names.sort(compareNames)
  return sorted ? names : names.sort()
}
