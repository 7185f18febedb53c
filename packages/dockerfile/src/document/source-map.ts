import { continuationAt } from '../parse/continuation.js'
import type { EscapeToken } from '../parse/types.js'
import { skipSpace } from '../text/space.js'

/** A stretch of a text: offsets in UTF-16 units, the end is not part of it. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Where each line starts, and the end of the text behind the last. */
export function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  if (starts.at(-1) !== text.length) starts.push(text.length)
  return starts
}

/** A logical line with the way back to the text it was joined from. */
export class LogicalLine {
  readonly text: string
  /** Pieces in order: where each starts in the logical line and in the source. */
  private readonly pieces: readonly { readonly logical: number; readonly source: number }[]

  /**
   * Joins the lines of an instruction as the parser does.
   * @param starts of all lines of `source`
   * @param first number of the instruction's first line, from 1
   */
  constructor(source: string, starts: readonly number[], first: number, escapeToken: EscapeToken) {
    const pieces: { logical: number; source: number }[] = []
    let text = ''
    for (let number = first; number < starts.length; number++) {
      const start = starts[number - 1]!
      let end = starts[number]!
      while (end > start && (source[end - 1] === '\n' || source[end - 1] === '\r')) end--
      const line = source.slice(start, end)
      const mark = number === 1 && line.charCodeAt(0) === 0xfeff ? 1 : 0
      const content = skipSpace(line, mark)
      if (number > first && (line.charCodeAt(content) === 35 || content === line.length)) continue
      const from = number === first ? content : 0
      const cut = continuationAt(line, escapeToken)
      pieces.push({ logical: text.length, source: start + from })
      text += line.slice(from, cut < 0 ? undefined : cut)
      if (cut < 0) break
    }
    this.text = text
    this.pieces = pieces
  }

  /** The place in the source of a character of the logical line. */
  sourceOf(offset: number): number {
    let low = 0
    let high = this.pieces.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.pieces[middle]!.logical <= offset) low = middle
      else high = middle - 1
    }
    const piece = this.pieces[low]!
    return piece.source + (offset - piece.logical)
  }

  /** The stretch of the source from the first to the last character of a stretch of the logical line, continuations inside included. */
  span(start: number, end: number): Span {
    return { start: this.sourceOf(start), end: end > start ? this.sourceOf(end - 1) + 1 : this.sourceOf(start) }
  }
}
