import { escapeRegExp, posixClass } from '../language/pattern.js'

export interface RegExpOptions {
  /** Extended syntax (`grep -E`, `sed -E`, `[[ =~ ]]`); else basic. */
  readonly extended: boolean
  readonly ignoreCase?: boolean
  readonly global?: boolean
  /** `^` and `$` match at every line. */
  readonly multiline?: boolean
}

/**
 * A POSIX regular expression, with GNU's additions (`\+ \? \| \w \b \< \>`), as one of JavaScript over byte strings; undefined
 * where it is malformed. Alternation takes the first match and not the longest: POSIX differs there, seldom visibly.
 */
export function posixRegExp(source: string, options: RegExpOptions): RegExp | undefined {
  const translated = options.extended ? translate(source, true) : translate(source, false)
  if (translated === undefined) return undefined
  try {
    return new RegExp(translated, `${options.ignoreCase ? 'i' : ''}${options.global ? 'g' : ''}${options.multiline ? 'm' : ''}`)
  } catch {
    return undefined
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['w', '[A-Za-z0-9_]'],
  ['W', '[^A-Za-z0-9_]'],
  ['s', '[ \\t\\n\\v\\f\\r]'],
  ['S', '[^ \\t\\n\\v\\f\\r]'],
  ['b', '\\b'],
  ['B', '\\B'],
  ['<', '\\b(?=[A-Za-z0-9_])'],
  ['>', '\\b(?<=[A-Za-z0-9_])'],
  ['`', '(?<![\\s\\S])'],
  ["'", '(?![\\s\\S])'],
  ['n', '\\n'],
  ['t', '\\t'],
  ['r', '\\r'],
  ['f', '\\f'],
  ['v', '\\v'],
  ['a', '\\x07'],
])

function translate(source: string, extended: boolean): string | undefined {
  let result = ''
  let depth = 0
  /** Whether an atom stands before this place, so that `*` repeats it. */
  let atom = false
  for (let at = 0; at < source.length; at++) {
    const char = source[at]!
    const escaped = char === '\\'
    const next = escaped ? source[at + 1] : char
    if (escaped && next === undefined) return undefined
    const special = extended ? !escaped : escaped
    if (escaped) at++
    if (char === '[') {
      const bracket = readBracket(source, at)
      if (!bracket) return undefined
      result += bracket.source
      at = bracket.end
      atom = true
    } else if (special && next === '(') {
      result += '('
      depth++
      atom = false
    } else if (special && next === ')') {
      if (depth === 0) {
        if (!extended) return undefined
        result += '\\)'
      } else {
        depth--
        result += ')'
      }
      atom = true
    } else if (special && next === '|') {
      result += '|'
      atom = false
    } else if (special && next === '{') {
      const interval = /^\{([0-9]*)(,?)([0-9]*)(\\?)\}/.exec(source.slice(escaped ? at : at))
      if (!interval || (interval[4] === '\\') === extended || (interval[1] === '' && interval[3] === '' && interval[2] === '')) {
        if (!extended) return undefined
        result += '\\{'
        continue
      }
      at += interval[0].length - 1
      result += `{${interval[1] || '0'}${interval[2]}${interval[3]}}`
    } else if (special && (next === '+' || next === '?')) {
      result += atom ? collapse(result, next) : `\\${next}`
    } else if (!escaped && char === '*') {
      if (atom) result += collapse(result, '*')
      else {
        result += '\\*'
        atom = true
      }
    } else if (!escaped && char === '^') {
      const anchors = extended || result === '' || /(?:\(|\|)$/.test(result)
      result += anchors ? '^' : '\\^'
      if (!anchors) atom = true
    } else if (!escaped && char === '$') {
      const rest = source.slice(at + 1)
      result += extended || rest === '' || rest.startsWith('\\)') || rest.startsWith('\\|') ? '$' : '\\$'
    } else if (!escaped && char === '.') {
      result += '[\\s\\S]'
      atom = true
    } else if (escaped && /[1-9]/.test(next!)) {
      result += `(?:\\${next})`
      atom = true
    } else if (escaped && escapes.has(next!)) {
      result += escapes.get(next!)!
      atom = true
    } else {
      result += escapeRegExp(next!)
      atom = true
    }
  }
  return depth === 0 ? result : undefined
}

/** `a**` is `a*`; JavaScript takes a second sign for an error or for laziness. */
function collapse(before: string, sign: string): string {
  return /[^\\][*+?]$/.test(before) || /^[*+?]$/.test(before) ? '' : sign
}

function readBracket(source: string, start: number): { source: string; end: number } | undefined {
  let at = start + 1
  let body = ''
  const negated = source[at] === '^'
  if (negated) at++
  for (let first = true; ; first = false) {
    const char = source[at]
    if (char === undefined) return undefined
    if (char === ']' && !first) break
    const kind = source[at + 1]
    if (char === '[' && (kind === ':' || kind === '.' || kind === '=')) {
      const end = source.indexOf(`${kind}]`, at + 2)
      if (end === -1) return undefined
      const name = source.slice(at + 2, end)
      const content = kind === ':' ? posixClass(name) : escapeRegExp(name)
      if (content === undefined) return undefined
      body += content
      at = end + 2
      continue
    }
    if (char === '\\' && 'nt'.includes(source[at + 1] ?? '?')) {
      // GNU tools read \n and \t inside brackets before the expression is compiled.
      body += `\\${source[at + 1]}`
      at += 2
      continue
    }
    const isRange = char === '-' && !first && source[at + 1] !== ']' && body !== ''
    body += isRange ? '-' : escapeRegExp(char)
    at++
  }
  if (body === '') return undefined
  return { source: `[${negated ? '^' : ''}${body}]`, end: at }
}
