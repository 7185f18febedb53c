const letter = /^\p{L}/u
const digit = /^\p{Nd}/u

function isDigitAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code < 0x80) return code >= 48 && code <= 57
  return digit.test(String.fromCodePoint(text.codePointAt(at) ?? 0))
}

function isNameAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code < 0x80) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  return letter.test(character) || digit.test(character)
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}

/** The special parameters of a POSIX shell. Here they are names like any other, which nobody sets. */
const special = '@*#?-$!'

/**
 * End of the variable name that starts at `from`: letters, digits (of any script) and underscores; or digits alone if it starts with one;
 * or one special parameter. `from` itself if there is no name.
 */
export function endOfName(text: string, from: number): number {
  if (from >= text.length) return from
  let at = from
  if (isDigitAt(text, at)) {
    while (at < text.length && isDigitAt(text, at)) at += widthAt(text, at)
    return at
  }
  if (special.includes(text[at]!)) return at + 1
  while (at < text.length && isNameAt(text, at)) at += widthAt(text, at)
  return at
}
