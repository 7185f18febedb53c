/** White space as Go's `unicode.IsSpace` has it: with U+0085 and without U+FEFF, the other way round from JavaScript's `trim`. */
const SPACE = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/

/** `text` without white space at both ends (Go's `strings.TrimSpace`). */
export function trimSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && SPACE.test(text[start]!)) start++
  while (end > start && SPACE.test(text[end - 1]!)) end--
  return text.slice(start, end)
}

/** The shortest name of the same path by its text alone (Go's `path.Clean`): no `.`, no `//`, `..` resolved, `''` is `.`. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith('/')
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') kept.push(part)
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (!rooted) kept.push('..')
  }
  if (rooted) return `/${kept.join('/')}`
  return kept.length === 0 ? '.' : kept.join('/')
}

/** Bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    bytes += unit < 0x800 ? 1 : 2
    if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length) {
      const low = text.charCodeAt(i + 1)
      // A pair is two units and four bytes.
      if (low >= 0xdc00 && low < 0xe000) i++
    }
  }
  return bytes
}

/** Order of the UTF-8 bytes, which is the order of code points: UTF-16 units differ above U+FFFF. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const high = (unit: number) => unit >= 0xd800 && unit < 0xe000
    if (high(x) !== high(y)) return high(x) ? 1 : -1
    return x - y
  }
  return a.length - b.length
}
