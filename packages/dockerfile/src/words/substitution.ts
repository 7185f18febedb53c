import type { ExpansionBudget } from './budget.js'
import { Fault, unsupported } from './fault.js'
import { findMatch, isPatternFault, type Pattern, parsePattern, replaceAll, reversePattern } from './pattern.js'
import { readTemplate } from './template.js'

function readPattern(text: string): Pattern {
  const pattern = parsePattern(text)
  if (!isPatternFault(pattern)) return pattern
  const detail = `invalid pattern (${text}) in substitution: invalid escape '\\${pattern.badEscape}'`
  throw new Fault('BAD_PATTERN', detail, 'In a pattern only `\\*`, `\\?` and `\\\\` are escapes.')
}

/** A variable with a modifier, its word expanded. */
export interface Modified {
  readonly name: string
  readonly value: string | undefined
  /** The modifier without its colon. */
  readonly kind: string
  /** The modifier as written. */
  readonly written: string
  readonly word: string
  /** There is a colon: an empty value counts as none. */
  readonly emptyIsUnset: boolean
}

/** `${name-word}`, `+`, `?`, `#` and `%`, with or without colon. Throws `Fault`. */
export function modify({ name, value, kind, written, word, emptyIsUnset }: Modified, budget: ExpansionBudget): string {
  const absent = value === undefined || (emptyIsUnset && value === '')
  switch (kind) {
    case '-':
      return absent ? word : value
    case '+':
      return absent ? '' : word
    case '?': {
      if (!absent) return value
      const [code, reason] = value === undefined ? (['VARIABLE_UNSET', 'unset'] as const) : (['VARIABLE_EMPTY', 'empty'] as const)
      const detail = `${name}: ${word === '' ? `is not allowed to be ${reason}` : word}`
      throw new Fault(code, detail, `Give ${name} a value, for example with --build-arg.`)
    }
    case '#':
    case '%':
      return trimFrom(value ?? '', kind, word, budget)
    default:
      throw unsupported(written)
  }
}

/** `${name#word}` and `${name%word}`; a doubled sign (the word starts with it) takes the longest match instead of the shortest. */
function trimFrom(value: string, kind: '#' | '%', word: string, budget: ExpansionBudget): string {
  // prefix-ok: a doubled sign, no path
  const greedy = word.startsWith(kind)
  const written = greedy ? word.slice(1) : word
  if (kind === '#') return value.slice(prefixLength(value, readPattern(written), greedy, budget))
  // A suffix is the prefix of the reversed value. A fault quotes the reversed pattern, as in the reference.
  const pattern = readPattern(reversePattern(written))
  if (pattern.literal !== undefined) {
    const literal = Array.from(pattern.literal).reverse().join('')
    return value.endsWith(literal) ? value.slice(0, value.length - literal.length) : value
  }
  const reversed = Array.from(value).reverse().join('')
  return value.slice(0, value.length - prefixLength(reversed, pattern, greedy, budget))
}

function prefixLength(value: string, pattern: Pattern, greedy: boolean, budget: ExpansionBudget): number {
  // prefix-ok: this is what the modifier asks for
  if (pattern.literal !== undefined) return value.startsWith(pattern.literal) ? pattern.literal.length : 0
  const characters = Array.from(value)
  const match = findMatch(pattern, characters, 0, true, greedy, budget)
  return match ? lengthOf(characters, 0, match[1]) : 0
}

function lengthOf(characters: readonly string[], from: number, to: number): number {
  let length = 0
  for (let i = from; i < to; i++) length += characters[i]!.length
  return length
}

/** `${name/pattern/replacement}`, or with `all` `${name//pattern/replacement}`. */
export function replaceIn(value: string, written: string, replacement: string, all: boolean, budget: ExpansionBudget): string {
  const pattern = readPattern(written)
  if (all && pattern.literal) {
    const pieces = value.split(pattern.literal)
    const piece = readTemplate(replacement)(pattern.literal)
    budget.length(value.length + piece.length * (pieces.length - 1))
    return pieces.join(piece)
  }
  if (all) {
    const template = readTemplate(replacement)
    return replaceAll(pattern, value, (matched) => budget.text(template(matched)), budget)
  }
  if (pattern.literal !== undefined) {
    const at = value.indexOf(pattern.literal)
    return at < 0 ? value : value.slice(0, at) + replacement + value.slice(at + pattern.literal.length)
  }
  const characters = Array.from(value)
  const match = findMatch(pattern, characters, 0, false, true, budget)
  if (!match) return value
  const start = lengthOf(characters, 0, match[0])
  return value.slice(0, start) + replacement + value.slice(start + lengthOf(characters, match[0], match[1]))
}
