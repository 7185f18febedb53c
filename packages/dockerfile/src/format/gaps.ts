import { scanFlags } from '../parse/flags.js'
import { parseStringArray } from '../parse/json.js'
import type { EscapeToken } from '../parse/types.js'
import { splitWords } from '../parse/words.js'
import { isBlank, isSpace, skipSpace } from '../text/space.js'

/** A stretch of a logical line in which blanks carry no meaning: between words, or between the signs of a JSON array. */
export interface Gap {
  readonly start: number
  readonly end: number
  /** The blanks may become a single one; else they may only be moved to the next line. */
  readonly collapse: boolean
  /** A line may end here even where there is no blank. */
  readonly loose: boolean
}

/** A logical line taken apart as far as a formatter may touch it. */
export interface Anatomy {
  readonly keywordEnd: number
  /** Where the `AS` of a FROM starts; -1 without one. */
  readonly asStart: number
  readonly gaps: readonly Gap[]
}

interface Found {
  readonly start: number
  readonly end: number
}

/** @param text a logical line without leading white space */
export function dissect(text: string, escapeToken: EscapeToken): Anatomy {
  let to = text.length
  while (to > 0 && isSpace(text.charCodeAt(to - 1))) to--
  let keywordEnd = 0
  while (keywordEnd < to && !isBlank(text.charCodeAt(keywordEnd))) keywordEnd++
  const keyword = text.slice(0, keywordEnd).toLowerCase()
  const flags = keyword === 'onbuild' ? { flags: [], end: keywordEnd } : scanFlags(text.slice(0, to), keywordEnd)
  const restStart = Math.min(skipSpace(text, flags.end), to)
  const gaps: Gap[] = []
  let at = keywordEnd
  for (const next of [...flags.flags, { start: restStart, end: restStart }]) {
    gaps.push({ start: at, end: next.start, collapse: true, loose: false })
    at = next.end
  }
  const rest = text.slice(restStart, to)
  const words = wordsOf(keyword, rest, escapeToken)
  for (let i = 1; i < words.length; i++) {
    gaps.push({
      start: restStart + words[i - 1]!.end,
      end: restStart + words[i]!.start,
      collapse: keyword === 'from',
      loose: false,
    })
  }
  const command = keyword === 'healthcheck' ? (words[1]?.start ?? rest.length) : 0
  if (jsonKeywords.has(keyword)) {
    for (const { start, end } of jsonGaps(rest.slice(command))) {
      gaps.push({ start: restStart + command + start, end: restStart + command + end, collapse: false, loose: true })
    }
  }
  const as = keyword === 'from' ? words[1] : undefined
  return { keywordEnd, asStart: as && /^as$/iu.test(rest.slice(as.start, as.end)) ? restStart + as.start : -1, gaps }
}

const jsonKeywords: ReadonlySet<string> = new Set(['add', 'cmd', 'copy', 'entrypoint', 'healthcheck', 'run', 'shell', 'volume'])

/** The words whose distance is of no matter; none where the arguments are one text. */
function wordsOf(keyword: string, rest: string, escapeToken: EscapeToken): Found[] {
  switch (keyword) {
    case 'add':
    case 'copy':
    case 'expose':
    case 'from':
    case 'volume':
      return parseStringArray(rest) === undefined ? blankWords(rest) : []
    case 'arg':
    case 'env':
    case 'label': {
      const words = splitWords(rest, escapeToken)
      // The old form: behind the key everything is the value, blanks included.
      if (keyword !== 'arg' && !words[0]?.includes('=')) return blankWords(rest).slice(0, 2)
      let at = 0
      return words.map((word) => {
        const start = skipSpace(rest, at)
        at = start + word.length
        return { start, end: at }
      })
    }
    case 'healthcheck':
      return blankWords(rest).slice(0, 2)
    default:
      return []
  }
}

function blankWords(text: string): Found[] {
  const words: Found[] = []
  for (let at = 0; at < text.length; ) {
    let end = at
    while (end < text.length && !isBlank(text.charCodeAt(end))) end++
    if (end > at) words.push({ start: at, end })
    at = end
    while (at < text.length && isBlank(text.charCodeAt(at))) at++
  }
  return words
}

/** What lies outside the strings of a JSON array of strings. */
function jsonGaps(text: string): Found[] {
  if (!Array.isArray(parseStringArray(text))) return []
  const gaps: Found[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '"') continue
    gaps.push({ start, end: at })
    at++
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    start = at + 1
  }
  gaps.push({ start, end: text.length })
  return gaps
}
