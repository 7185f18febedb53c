/**
 * White space as the reference counts it (Unicode White_Space). It differs from JavaScript's `\s` and `trim`: U+0085 is one, U+FEFF is not.
 * @param code a UTF-16 unit; all white space is in the basic plane
 */
export function isSpace(code: number): boolean {
  if (code < 0x80) return code === 32 || (code >= 9 && code <= 13)
  if (code < 0x1680) return code === 0x85 || code === 0xa0
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  )
}

/** The narrower set that separates a keyword from its arguments and arguments from each other: no newline, nothing outside ASCII. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 11 || code === 12 || code === 13
}

/** Index of the first character at or behind `from` that is not white space. */
export function skipSpace(text: string, from = 0): number {
  let at = from
  while (at < text.length && isSpace(text.charCodeAt(at))) at++
  return at
}

export function trim(text: string): string {
  const start = skipSpace(text)
  let end = text.length
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** Splits at runs of blanks. Never gives an empty list; a leading run gives a leading `''`. */
export function splitBlanks(text: string): string[] {
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (!isBlank(text.charCodeAt(at))) continue
    parts.push(text.slice(start, at))
    while (at + 1 < text.length && isBlank(text.charCodeAt(at + 1))) at++
    start = at + 1
  }
  parts.push(text.slice(start))
  return parts
}

/** Splits at the first run of blanks; the second part is `undefined` where there is none. */
export function cutBlank(text: string): [head: string, tail: string | undefined] {
  let at = 0
  while (at < text.length && !isBlank(text.charCodeAt(at))) at++
  if (at === text.length) return [text, undefined]
  let next = at + 1
  while (next < text.length && isBlank(text.charCodeAt(next))) next++
  return [text.slice(0, at), text.slice(next)]
}
