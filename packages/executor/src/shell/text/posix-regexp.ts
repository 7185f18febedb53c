import { javascriptSource } from './regexp/javascript.js'
import { isAmbiguous, LongestMatch } from './regexp/longest.js'
import { foldCase, type Place, type RegExpNode } from './regexp/nodes.js'
import { parseRegExp } from './regexp/parser.js'

export interface RegExpOptions {
  /** Extended syntax (`grep -E`, `sed -E`, `[[ =~ ]]`), basic, or the text itself. */
  readonly syntax: 'extended' | 'basic' | 'fixed'
  readonly ignoreCase?: boolean
  readonly global?: boolean
  /** `^` and `$` match at every line. */
  readonly multiline?: boolean
  /** Matches only whole words, or only whole lines. */
  readonly within?: 'word' | 'line'
  /** Reads as an awk does: escapes in brackets. `mawk` knows neither `{2}` nor GNU's additions. */
  readonly awk?: 'mawk' | 'gawk'
}

/**
 * POSIX regular expressions (one, or several of which any matches), with GNU's additions (`\+ \? \| \w \b \< \>`), as one of
 * JavaScript over byte strings; undefined where one is malformed. Of the matches that begin first it gives the longest, as POSIX asks.
 * Its groups hold what a match of that length gives to a backtracking matcher; with back-references it is the first match, not the longest.
 */
export function posixRegExp(sources: string | readonly string[], options: RegExpOptions): RegExp | undefined {
  const given = typeof sources === 'string' ? [sources] : sources
  const nodes: RegExpNode[] = []
  for (const source of given) {
    const node = options.syntax === 'fixed' ? fixed(source, options.ignoreCase ?? false) : parse(source, options)
    if (!node) return undefined
    nodes.push(node)
  }
  const only = nodes[0]
  let node: RegExpNode = nodes.length === 1 && only ? only : { type: 'either', options: nodes }
  if (options.within) {
    const [before, after]: [Place, Place] = options.within === 'line' ? ['textStart', 'textEnd'] : ['afterNoWord', 'beforeNoWord']
    node = {
      type: 'sequence',
      parts: [
        { type: 'place', place: before },
        { type: 'group', body: node, capture: false },
        { type: 'place', place: after },
      ],
    }
  }
  const flags = `${options.global ? 'g' : ''}${options.multiline ? 'm' : ''}`
  const source = nodes.length === 0 ? '(?!)' : javascriptSource(node)
  const machine = nodes.length > 0 && isAmbiguous(node) ? LongestMatch.of(node, options.multiline ?? false) : undefined
  try {
    return machine ? new LongestRegExp(source, flags, machine) : new RegExp(source, flags)
  } catch {
    return undefined
  }
}

function parse(source: string, options: RegExpOptions): RegExpNode | undefined {
  return parseRegExp(source, {
    extended: options.syntax === 'extended',
    ignoreCase: options.ignoreCase ?? false,
    bracketEscapes: options.awk ? 'all' : 'some',
    intervals: options.awk !== 'mawk',
    additions: options.awk !== 'mawk',
  })
}

function fixed(text: string, ignoreCase: boolean): RegExpNode {
  const parts = [...text].map((char): RegExpNode => {
    const set = new Uint8Array(256)
    set[char.charCodeAt(0) & 255] = 1
    return { type: 'set', set: ignoreCase ? foldCase(set) : set }
  })
  return { type: 'sequence', parts }
}

/** Finds where a match begins as JavaScript does, and where the longest one ends by its machine. */
class LongestRegExp extends RegExp {
  private readonly machine: LongestMatch
  /** The same expression, matched at one place and up to the end of a text. */
  private whole: RegExp | undefined

  constructor(source: string | RegExp, flags: string | undefined, machine?: LongestMatch) {
    super(source, flags)
    // `matchAll` makes a copy by the constructor alone.
    this.machine = machine ?? (source as LongestRegExp).machine
  }

  override exec(text: string): RegExpExecArray | null {
    const match = super.exec(text)
    if (!match) return null
    const end = this.machine.end(text, match.index)
    if (end <= match.index + match[0].length) return match
    this.whole ??= new RegExp(`(?:${this.source})(?![\\s\\S])`, `y${this.multiline ? 'm' : ''}`)
    this.whole.lastIndex = match.index
    const longer = this.whole.exec(text.slice(0, end))
    const result = longer ?? match
    result[0] = text.slice(match.index, end)
    result.input = text
    if (this.global || this.sticky) this.lastIndex = end
    return result
  }

  /** Whether there is a match at all: its length does not matter. */
  override test(text: string): boolean {
    return super.exec(text) !== null
  }
}
