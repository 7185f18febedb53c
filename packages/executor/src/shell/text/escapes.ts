/** Reads backslash escapes as echo -e and printf do. `stop`: a `\c` ended the output. */
export function readEscapes(text: string, style: 'echo' | 'printf' | 'b'): { readonly text: string; readonly stop: boolean } {
  let result = ''
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\' || at + 1 >= text.length) {
      result += text[at]
      continue
    }
    const rest = text.slice(at + 1)
    const letter = rest[0]!
    const simple = { a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' }[letter]
    const octal =
      style === 'printf'
        ? /^[0-7]{1,3}/.exec(rest)
        : (/^0([0-7]{0,3})/.exec(rest) ?? (style === 'b' ? /^([1-7][0-7]{0,2})/.exec(rest) : null))
    const hex = /^x([0-9A-Fa-f]{1,2})/.exec(rest)
    const unicode = /^u([0-9A-Fa-f]{1,4})/.exec(rest) ?? /^U([0-9A-Fa-f]{1,8})/.exec(rest)
    if (letter === 'c' && style !== 'printf') return { text: result, stop: true }
    if (octal) {
      result += String.fromCharCode(Number.parseInt((style === 'printf' ? octal[0] : octal[1]) || '0', 8) & 255)
      at += octal[0].length
    } else if (hex) {
      result += String.fromCharCode(Number.parseInt(hex[1]!, 16))
      at += hex[0].length
    } else if (unicode && Number.parseInt(unicode[1]!, 16) < 128) {
      result += String.fromCharCode(Number.parseInt(unicode[1]!, 16))
      at += unicode[0].length
    } else if (simple !== undefined) {
      result += simple
      at++
    } else if (style === 'printf' && (letter === '"' || letter === "'" || letter === '?')) {
      result += letter
      at++
    } else {
      result += `\\${letter}`
      at++
    }
  }
  return { text: result, stop: false }
}
