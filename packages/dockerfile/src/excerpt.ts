import type { LineRange } from './parse/types.js'
import { skipSpace } from './text/space.js'
import { decodeSource } from './text/utf8.js'

/** What an excerpt points at. A `DockerfileSyntaxError` is one, and so is a warning with its range as `locations`. */
export interface ExcerptTarget {
  readonly locations: readonly LineRange[]
  /** The text inside the first location that is at fault; the first line of it as a whole where it is absent or not found. */
  readonly focus?: string | undefined
}

export interface ExcerptOptions {
  /** Lines shown above and below; 2 by default. */
  readonly around?: number
}

/** Lines of a location that are shown; of a longer one, its start. */
const maxLines = 8
/** Characters of a line that are shown. */
const maxWidth = 160
/** Of those, how many stand in front of a place that is further right. */
const lead = 40

/**
 * The lines that a fault is about, with line numbers and carets under the place. Control characters are shown as symbols, so that text
 * from a file can't steer a terminal.
 * @returns lines without a newline at the end; `''` where the target has no location
 */
export function formatExcerpt(source: string | Uint8Array, target: ExcerptTarget, options: ExcerptOptions = {}): string {
  const location = target.locations[0]
  if (!location) return ''
  const lines = decodeSource(source).split('\n')
  const last = lines.length > 1 && lines.at(-1) === '' ? lines.length - 1 : lines.length
  const around = options.around ?? 2
  const start = Math.min(Math.max(location.startLine, 1), last)
  const end = Math.min(Math.max(location.endLine, start), start + maxLines - 1, last)
  const first = Math.max(1, start - around)
  const to = Math.min(last, end + around)
  const width = String(to).length
  const marked = findFocus(lines, start, end, target.focus)
  const out: string[] = []
  for (let number = first; number <= to; number++) {
    const sign = number >= start && number <= end ? '>' : ' '
    const raw = lines[number - 1]!.replace(/\r$/, '')
    const column = number === marked.line ? marked.column : -1
    // Of a long line, the stretch that the carets are under.
    const from = column + 1 > maxWidth ? column - lead : 0
    const before = from > 0 ? '…' : ''
    const shown = raw.slice(from, from + maxWidth)
    const behind = raw.length > from + maxWidth ? '…' : ''
    out.push(`${sign} ${String(number).padStart(width)} | ${before}${visible(shown)}${behind}`.trimEnd())
    if (column < 0) continue
    // Tabs stay tabs, so that the carets stand under the text however wide a tab is.
    const indent = before.replace('…', ' ') + raw.slice(from, column).replace(/[^\t]/g, ' ')
    const carets = '^'.repeat(Math.max(1, Math.min(marked.length, from + maxWidth - column)))
    out.push(`  ${' '.repeat(width)} | ${indent}${carets}`)
  }
  return out.join('\n')
}

function findFocus(lines: readonly string[], start: number, end: number, focus: string | undefined) {
  for (let line = start; focus && line <= end; line++) {
    const column = lines[line - 1]!.indexOf(focus)
    if (column >= 0) return { line, column, length: focus.length }
  }
  const text = lines[start - 1]!.trimEnd()
  const column = skipSpace(text)
  return { line: start, column, length: text.length - column }
}

function visible(text: string): string {
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd'
  })
}
