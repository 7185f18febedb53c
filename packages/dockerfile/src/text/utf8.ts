const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Text of a Dockerfile's bytes. Each byte that is not part of valid UTF-8 becomes one U+FFFD, as it reads in everything that the
 * reference prints. (`TextDecoder` alone gives one per maximal broken sequence.) A byte order mark is kept: the parser handles it.
 */
export function decodeSource(source: string | Uint8Array): string {
  if (typeof source === 'string') return source
  try {
    return strict.decode(source)
  } catch {
    return decodeLossy(source)
  }
}

function decodeLossy(bytes: Uint8Array): string {
  const parts: string[] = []
  let validFrom = 0
  let at = 0
  while (at < bytes.length) {
    const width = sequenceWidth(bytes, at)
    if (width > 0) {
      at += width
      continue
    }
    if (at > validFrom) parts.push(strict.decode(bytes.subarray(validFrom, at)))
    parts.push('\ufffd')
    at++
    validFrom = at
  }
  if (at > validFrom) parts.push(strict.decode(bytes.subarray(validFrom, at)))
  return parts.join('')
}

/** Bytes of the well-formed sequence at `at` (Unicode table 3-7), 0 if there is none. */
function sequenceWidth(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!
  if (lead < 0x80) return 1
  const width = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
  if (width === 0 || at + width > bytes.length) return 0
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  const second = bytes[at + 1]!
  if (second < low || second > high) return 0
  for (let i = 2; i < width; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0
  return width
}

/** Length of `text` in UTF-8 bytes; a lone surrogate counts as the three bytes of U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) continue
    bytes += code < 0x800 ? 1 : 2
    // A pair is two units and four bytes.
    if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++
  }
  return bytes
}

/** Orders texts by their UTF-8 bytes, which is the order of code points and not that of UTF-16 units. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for code points above all others of the basic plane.
    const xHigh = x >= 0xd800 && x < 0xe000
    const yHigh = y >= 0xd800 && y < 0xe000
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1
  }
  return a.length - b.length
}

/** Replaces lone surrogates by U+FFFD, as a JSON reader of UTF-8 text does. */
export function wellFormed(text: string): string {
  if (!/[\ud800-\udfff]/.test(text)) return text
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) => (found.length === 2 ? found : '\ufffd'))
}
