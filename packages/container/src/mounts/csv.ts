import { InvalidMountSpecError } from '../errors.js'

/** One CSV record (RFC 4180): a field in double quotes may hold commas, and `""` for a quote. @throws InvalidMountSpecError */
export function csvFields(text: string): string[] {
  const fields: string[] = []
  let at = 0
  while (at <= text.length) {
    if (text[at] === '"') {
      let field = ''
      for (at++; ; at++) {
        if (at >= text.length) throw new InvalidMountSpecError(text, 'a double quote is not closed')
        if (text[at] !== '"') field += text[at]
        else if (text[at + 1] === '"') {
          field += '"'
          at++
        } else break
      }
      at++
      if (at < text.length && text[at] !== ',') throw new InvalidMountSpecError(text, 'something follows a closing double quote')
      fields.push(field)
    } else {
      const end = text.indexOf(',', at)
      const field = text.slice(at, end < 0 ? text.length : end)
      if (field.includes('"')) throw new InvalidMountSpecError(text, 'a double quote stands inside a field that does not begin with one')
      fields.push(field)
      at = end < 0 ? text.length : end
    }
    at++
  }
  return fields
}
