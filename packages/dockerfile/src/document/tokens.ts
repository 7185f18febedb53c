import { scanFlags } from '../parse/flags.js'
import { isBlank, isSpace, skipSpace } from '../text/space.js'
import type { LogicalLine, Span } from './source-map.js'

/** A word of an instruction and where it is written. */
export interface Token extends Span {
  /** The word as the parser reads it: a flag unquoted, an argument as written. */
  readonly text: string
}

/** The parts of an instruction, with their places in the source. */
export interface InstructionTokens {
  readonly keyword: Token
  readonly flags: readonly Token[]
  /** All arguments together; `undefined` where there are none. */
  readonly rest: Token | undefined
  /** The arguments as blanks divide them: the reading of FROM, COPY, ADD and EXPOSE in their plain form. */
  readonly words: readonly Token[]
}

export function readTokens(line: LogicalLine): InstructionTokens {
  const { text } = line
  const token = (start: number, end: number, read = text.slice(start, end)): Token => ({ text: read, ...line.span(start, end) })
  const start = skipSpace(text)
  let to = text.length
  while (to > start && isSpace(text.charCodeAt(to - 1))) to--
  let end = start
  while (end < to && !isBlank(text.charCodeAt(end))) end++
  const keyword = token(start, end)
  // The parser looks for flags in the trimmed line: a quote that never closes reaches to its end.
  const scanned = scanFlags(text.slice(0, to), end)
  const flags = scanned.flags.map((flag) => token(flag.start, flag.end, flag.text))
  const from = Math.min(skipSpace(text, scanned.end), to)
  const words: Token[] = []
  for (let at = from; at < to; ) {
    let next = at
    while (next < to && !isBlank(text.charCodeAt(next))) next++
    words.push(token(at, next))
    at = next
    while (at < to && isBlank(text.charCodeAt(at))) at++
  }
  return { keyword, flags, rest: to > from ? token(from, to) : undefined, words }
}
