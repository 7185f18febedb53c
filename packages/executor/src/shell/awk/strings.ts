const simple: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** Reads a string constant from behind its quote; `end` is behind the closing one, -1 where there is none. */
export function readString(source: string, start: number): { readonly text: string; readonly end: number } {
  let text = ''
  for (let at = start; at < source.length; at++) {
    const char = source[at]!
    if (char === '"') return { text, end: at + 1 }
    if (char === '\n') break
    if (char !== '\\') {
      text += char
      continue
    }
    const found = readEscape(source, at)
    text += found.text
    at = found.end - 1
  }
  return { text, end: -1 }
}

/** Reads the escape that begins at `at`. An unknown one stays as it is, with its backslash: `"\."` is a regular expression for a dot. */
function readEscape(source: string, at: number): { readonly text: string; readonly end: number } {
  const next = source[at + 1]
  if (next === undefined) return { text: '\\', end: at + 1 }
  if (next === '\n') return { text: '', end: at + 2 }
  const octal = /^[0-7]{1,3}/.exec(source.slice(at + 1, at + 4))
  if (octal) return { text: String.fromCharCode(Number.parseInt(octal[0], 8) & 255), end: at + 1 + octal[0].length }
  const known = simple[next]
  return known === undefined ? { text: `\\${next}`, end: at + 2 } : { text: known, end: at + 2 }
}

/** Escapes in a value from the command line: `-v s='a\tb'`. */
export function unescaped(text: string): string {
  let result = ''
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      result += text[at]
      continue
    }
    const found = readEscape(text, at)
    result += found.text
    at = found.end - 1
  }
  return result
}
