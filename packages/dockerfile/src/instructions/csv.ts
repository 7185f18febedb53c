import { utf8Length } from '../text/utf8.js'

/** Where a comma-separated value is malformed, in the reference's words. */
export interface CsvFault {
  readonly message: string
}

/**
 * Splits one line of comma-separated values. A field that starts with `"` goes to the closing `"`, with `""` for a quote inside.
 * Columns in messages count UTF-8 bytes from 1.
 */
export function splitCsv(text: string): string[] | CsvFault {
  const line = text.replace(/\r?\n$/, '')
  if (line === '') return { message: 'EOF' }
  const at = (index: number, what: string): CsvFault => ({
    message: `parse error on line 1, column ${utf8Length(line.slice(0, index)) + 1}: ${what}`,
  })
  const fields: string[] = []
  let pos = 0
  for (;;) {
    if (line[pos] !== '"') {
      const comma = line.indexOf(',', pos)
      const field = line.slice(pos, comma < 0 ? undefined : comma)
      const quote = field.indexOf('"')
      if (quote >= 0) return at(pos + quote, 'bare " in non-quoted-field')
      fields.push(field)
      if (comma < 0) return fields
      pos = comma + 1
      continue
    }
    let field = ''
    let from = pos + 1
    for (;;) {
      const quote = line.indexOf('"', from)
      if (quote < 0) return at(from, 'extraneous or missing " in quoted-field')
      field += line.slice(from, quote)
      pos = quote + 1
      if (line[pos] !== '"') break
      field += '"'
      from = pos + 1
    }
    fields.push(field)
    if (pos === line.length) return fields
    if (line[pos] !== ',') return at(pos - 1, 'extraneous or missing " in quoted-field')
    pos++
  }
}
