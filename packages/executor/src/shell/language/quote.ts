/** A word in the quoting that `set -x`, `declare -p` and `${x@Q}` use: none where it needs none, `$'…'` for control characters. */
export function traceWord(text: string): string {
  if (text === '') return "''"
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text) && !text.startsWith('=')) return text
  return quoteWord(text)
}

/** Always quoted. */
export function quoteWord(text: string): string {
  if (!/[\x00-\x1f\x7f-\xff]/.test(text)) return `'${text.replace(/'/g, "'\\''")}'`
  const body = text.replace(/[\\'\x00-\x1f\x7f-\xff]/g, (char) => {
    const known = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\x07': '\\a', '\b': '\\b', '\x0b': '\\v', '\f': '\\f', '\x1b': '\\E' }[char]
    if (known) return known
    if (char === '\\' || char === "'") return `\\${char}`
    return `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`
  })
  return `$'${body}'`
}

/** As `printf %q`: backslashes. */
export function backslashWord(text: string): string {
  if (text === '') return "''"
  if (/[\x00-\x1f\x7f-\xff]/.test(text)) return quoteWord(text)
  return text.replace(/[^A-Za-z0-9_@%+=:./-]/g, '\\$&')
}

/** In double quotes, as `declare -p` and `export -p` print. */
export function doubleQuoted(text: string): string {
  if (/[\x00-\x1f\x7f-\xff]/.test(text)) return quoteWord(text)
  return `"${text.replace(/["\\$`]/g, '\\$&')}"`
}
