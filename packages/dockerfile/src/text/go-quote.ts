const names: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['"', '\\"'],
  ['\\', '\\\\'],
])
const plain = /^[ !#-[\]-~]*$/
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** A text as the reference quotes it in messages (`%q` of its language): escapes for what can't be printed, other characters as they are. */
export function goQuote(text: string): string {
  if (plain.test(text)) return `"${text}"`
  let out = ''
  for (const character of text) {
    const name = names.get(character)
    if (name !== undefined) {
      out += name
      continue
    }
    const code = character.codePointAt(0)!
    if (printable.test(character)) out += character
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`
    else if (code >= 0xd800 && code <= 0xdfff) out += '\ufffd'
    else if (code < 0x10000) out += `\\u${code.toString(16).padStart(4, '0')}`
    else out += `\\U${code.toString(16).padStart(8, '0')}`
  }
  return `"${out}"`
}

/** The quoting that the reference's duration parser has of its own: bytes outside ASCII as `\xNN`, quote and backslash escaped. */
export function goQuoteBytes(text: string): string {
  let out = ''
  for (const byte of new TextEncoder().encode(text)) {
    if (byte >= 0x80 || byte < 0x20) out += `\\x${byte.toString(16).padStart(2, '0')}`
    else if (byte === 0x22 || byte === 0x5c) out += `\\${String.fromCharCode(byte)}`
    else out += String.fromCharCode(byte)
  }
  return `"${out}"`
}
