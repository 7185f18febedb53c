import { IgnorePatternError } from './errors.js'
import { globFault } from './glob-syntax.js'
import type { IgnorePattern } from './ignore-file.js'
import { cleanPath, trimSpace } from './text.js'

/**
 * How a pattern is compared. Only some wildcards make a regular expression: `x**` is a plain prefix and `**x` a plain suffix of the
 * whole path, and in the other cases the text is compared as it is. What looks like a mere shortcut shows in the answers: `a|b` is a
 * name, `a|b*` an alternation.
 */
export type PatternForm =
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'suffix'; readonly text: string }
  /** `source` is RE2 syntax. `tail` is text that every match ends with. */
  | { readonly kind: 'regexp'; readonly source: string; readonly tail: string }

export interface CompiledPattern {
  /** Position among the patterns of the matcher. */
  readonly index: number
  /** Clean, without `!`. */
  readonly text: string
  /** Starts with `!`: brings paths back. */
  readonly exclusion: boolean
  readonly form: PatternForm
  /** As it was given. */
  readonly given: IgnorePattern | string
}

/** Characters that the reference escapes. It means to escape `|`, `{` and `}` too, but its table has no room for them. */
const ESCAPED = '.+()$'

/** What is special to RE2 and reaches it: with one of these in a pattern, its last characters need not be the last of a match. */
const REACHES_RE2 = /[\\[\]{}|^]/

function formOf(pattern: string): PatternForm {
  // The reference reads patterns with a scanner that drops a leading byte order mark, but only where it builds an expression.
  const chars = [...(pattern.startsWith('\ufeff') ? pattern.slice(1) : pattern)]
  let kind: PatternForm['kind'] = 'exact'
  let source = '^'
  for (let at = 0, token = 0; at < chars.length; token++) {
    const char = chars[at++]!
    if (char === '*' && chars[at] === '*') {
      at++
      if (chars[at] === '/') at++
      if (at < chars.length) {
        source += '(.*/)?'
        kind = 'regexp'
      } else if (kind === 'exact') kind = 'prefix'
      else {
        source += '.*'
        kind = 'regexp'
      }
      if (token === 0) kind = 'suffix'
    } else if (char === '*' || char === '?') {
      source += char === '*' ? '[^/]*' : '[^/]'
      kind = 'regexp'
    } else if (char === '\\') {
      source += char
      if (at < chars.length) {
        source += chars[at++]
        kind = 'regexp'
      }
    } else {
      source += ESCAPED.includes(char) ? `\\${char}` : char
      if (char === '[' || char === ']') kind = 'regexp'
    }
  }
  if (kind === 'exact') return { kind, text: pattern }
  if (kind === 'prefix') return { kind, text: pattern.slice(0, -2) }
  if (kind === 'suffix') return { kind, text: pattern.slice(2) }
  const tail = REACHES_RE2.test(pattern) ? '' : pattern.slice(Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('?')) + 1)
  // `a**/b` may match with nothing for `**/`, so the slash behind it is no part of what must be there.
  return { kind, source: `${source}$`, tail: tail.startsWith('/') ? tail.slice(1) : tail }
}

/**
 * Checks and classifies patterns. Blank ones are left out.
 * @throws IgnorePatternError for a lone `!` and for a pattern that `filepath.Match` would refuse.
 */
export function compilePatterns(patterns: readonly (IgnorePattern | string)[]): CompiledPattern[] {
  const compiled: CompiledPattern[] = []
  for (const given of patterns) {
    const trimmed = trimSpace(typeof given === 'string' ? given : given.text)
    if (trimmed === '') continue
    const line = typeof given === 'string' ? undefined : given.line
    let text = cleanPath(trimmed)
    const exclusion = text.startsWith('!')
    if (exclusion) text = text.slice(1)
    if (text === '') {
      throw new IgnorePatternError('illegal exclusion pattern: "!"', {
        code: 'IGNORE_PATTERN_EMPTY_NEGATION',
        phase: 'compile',
        reason: '"!" with no pattern behind it',
        hint: 'write the path to bring back behind the "!", or remove the line',
        line,
        pattern: trimmed,
      })
    }
    const fault = globFault(text)
    if (fault !== undefined) {
      throw new IgnorePatternError('syntax error in pattern', {
        code: 'IGNORE_PATTERN_SYNTAX',
        phase: 'compile',
        reason: fault,
        hint: 'write \\[ for a bracket that stands for itself, and \\\\ for a backslash',
        line,
        pattern: trimmed,
      })
    }
    compiled.push({ index: compiled.length, text, exclusion, form: formOf(text), given })
  }
  return compiled
}
