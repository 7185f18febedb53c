import { instructionNames } from '../parse/arguments.js'
import { continuationAt } from '../parse/continuation.js'
import type { EscapeToken } from '../parse/types.js'
import { skipSpace } from '../text/space.js'
import { type Anatomy, dissect, type Gap } from './gaps.js'

/** How instructions are written. */
export interface Layout {
  readonly keywords: 'upper' | 'lower'
  /** Blanks in front of a continuation line. */
  readonly indent: string
}

/** A line of an instruction: part of its logical line, or a comment between its lines. */
type Line = { readonly kind: 'code'; readonly start: number; readonly end: number; readonly continued: boolean } | CommentLine
interface CommentLine {
  readonly kind: 'comment'
  readonly text: string
}

/** The lines of an instruction above its here-documents. */
export interface InstructionLines {
  readonly logical: string
  readonly lines: readonly Line[]
  /** How many lines of the text they are. */
  readonly count: number
  /** The text ends before the logical line does. */
  readonly open: boolean
}

/** Reads lines (without their ends) as far as the logical line goes. Blank ones between continuations are passed over. */
export function readInstructionLines(source: readonly string[], escapeToken: EscapeToken): InstructionLines {
  const lines: Line[] = []
  let logical = ''
  let count = 0
  let open = false
  for (const text of source) {
    count++
    const content = skipSpace(text)
    if (count > 1 && content === text.length) continue
    if (count > 1 && text.charCodeAt(content) === 35) {
      lines.push({ kind: 'comment', text: text.slice(content).trimEnd() })
      continue
    }
    const cut = continuationAt(text, escapeToken)
    const start = logical.length
    logical += text.slice(count === 1 ? content : 0, cut < 0 ? undefined : cut)
    lines.push({ kind: 'code', start, end: logical.length, continued: cut >= 0 })
    open = cut >= 0
    if (!open) break
  }
  return { logical, lines, count, open }
}

/** The keyword, and the AS of a FROM, in the casing asked for. Lengths stay. */
function recase(text: string, { keywordEnd, asStart }: Anatomy, { keywords }: Layout): string {
  const keyword = text.slice(0, keywordEnd).toLowerCase()
  if (!instructionNames.includes(keyword.toUpperCase())) return text
  const change = (word: string) => (keywords === 'upper' ? word.toUpperCase() : word)
  const made = change(keyword) + text.slice(keywordEnd)
  return asStart < 0 ? made : made.slice(0, asStart) + change('as') + made.slice(asStart + 2)
}

const isPlainBlank = (text: string, at: number) => text[at] === ' ' || text[at] === '\t'

interface Run {
  readonly start: number
  readonly end: number
}

/** For each place where a line ends: the blanks around it, if they may be written in any way. @param places in order */
function freeRuns(text: string, places: readonly number[], gaps: readonly Gap[]): ReadonlyMap<number, Run> {
  const free = new Map<number, Run>()
  let run: Run = { start: -1, end: -1 }
  let at = 0
  for (const place of places) {
    if (place < run.start || place > run.end || run.end < 0) {
      let start = place
      let end = place
      while (start > 0 && isPlainBlank(text, start - 1)) start--
      while (end < text.length && isPlainBlank(text, end)) end++
      run = { start, end }
    }
    while (at + 1 < gaps.length && gaps[at + 1]!.start <= run.start) at++
    const gap = gaps[at]
    if (gap && gap.start <= run.start && run.end <= gap.end && (gap.loose || run.start < run.end)) free.set(place, run)
  }
  return free
}

/** Gives stretches of `text`, asked for in order, with one blank for each gap that may be made narrow. */
function narrower(text: string, gaps: readonly Gap[]): (start: number, end: number) => string {
  const narrow = gaps.filter(({ collapse, start, end }) => collapse && end > start && /^[ \t]+$/.test(text.slice(start, end)))
  let next = 0
  return (start, end) => {
    let made = ''
    let at = start
    for (; next < narrow.length && narrow[next]!.end <= end; next++) {
      const gap = narrow[next]!
      if (gap.start < at) continue
      made += `${text.slice(at, gap.start)} `
      at = gap.end
    }
    return made + text.slice(at, end)
  }
}

/**
 * Writes an instruction anew: casing, narrow gaps in front of the arguments, continuation lines indented where their blanks are no part of an
 * argument, no blanks behind a line, no blank lines inside.
 */
export function layOut({ logical, lines }: InstructionLines, escapeToken: EscapeToken, layout: Layout): string[] {
  const anatomy = dissect(logical, escapeToken)
  const text = recase(logical, anatomy, layout)
  const code = lines.flatMap((line) => (line.kind === 'code' ? [line] : []))
  const places = code.slice(1).map(({ start }) => start)
  const breaks = freeRuns(text, places, anatomy.gaps)
  const narrowed = narrower(text, anatomy.gaps)
  const out: string[] = []
  let waiting: string[] = []
  for (const line of lines) {
    if (line.kind === 'comment') {
      waiting.push(line.text)
      continue
    }
    const before = line.start === 0 ? undefined : breaks.get(line.start)
    const behind = breaks.get(line.end)
    const start = before?.end ?? line.start
    const end = behind?.start ?? line.end
    // Nothing but blanks that may go.
    if (start >= end && (before || behind)) continue
    const words = (before ? layout.indent : '') + narrowed(start, end)
    const indent = words.slice(0, skipSpace(words))
    out.push(...waiting.map((comment) => (indent === '' ? layout.indent : indent) + comment))
    waiting = []
    out.push(line.continued ? words + (behind ? ' ' : '') + escapeToken : words.replace(/[ \t\r]+$/, ''))
  }
  return [...out, ...waiting.map((comment) => layout.indent + comment)]
}

/** Changes the casing only, and takes off what stands behind the lines. */
export function touchUp({ logical, lines }: InstructionLines, escapeToken: EscapeToken, layout: Layout): string[] {
  const text = recase(logical, dissect(logical, escapeToken), layout)
  return lines.map((line) =>
    line.kind === 'comment' ? layout.indent + line.text : text.slice(line.start, line.end) + (line.continued ? escapeToken : ''),
  )
}
