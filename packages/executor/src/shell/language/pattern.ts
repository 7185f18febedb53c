/** Shell patterns as regular expressions over byte strings. In a pattern, a backslash makes the next character literal. */

const classes: ReadonlyMap<string, string> = new Map([
  ['alpha', 'A-Za-z'],
  ['digit', '0-9'],
  ['alnum', 'A-Za-z0-9'],
  ['upper', 'A-Z'],
  ['lower', 'a-z'],
  ['space', ' \\t\\n\\v\\f\\r'],
  ['blank', ' \\t'],
  ['punct', '!-\\/:-@\\[-`{-~'],
  ['print', ' -~'],
  ['graph', '!-~'],
  ['cntrl', '\\x00-\\x1f\\x7f'],
  ['xdigit', '0-9A-Fa-f'],
  ['word', 'A-Za-z0-9_'],
])

/** The ranges of a POSIX class for use inside a bracket of a regular expression; undefined for an unknown name. */
export function posixClass(name: string): string | undefined {
  return classes.get(name)
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/** Quoted text within a pattern. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]()|!+@^-]/g, '\\$&')
}

/** Whether an unquoted text can match more than itself. */
export function hasGlob(pattern: string, extglob: boolean): boolean {
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]
    if (char === '\\') at++
    else if (char === '*' || char === '?') return true
    else if (char === '[' && bracketEnd(pattern, at) !== -1) return true
    else if (extglob && pattern[at + 1] === '(' && (char === '@' || char === '!' || char === '+')) return true
  }
  return false
}

/** Takes the escapes out again. */
export function unescapePattern(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, '$1')
}

/** Where the bracket that opens at `start` closes, or -1. */
function bracketEnd(pattern: string, start: number): number {
  let at = start + 1
  if (pattern[at] === '!' || pattern[at] === '^') at++
  if (pattern[at] === ']') at++
  for (; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++
    else if (pattern[at] === '[' && pattern[at + 1] === ':') {
      const end = pattern.indexOf(':]', at + 2)
      if (end !== -1) at = end + 1
    } else if (pattern[at] === ']') return at
  }
  return -1
}

function bracket(pattern: string, start: number, end: number): string {
  let at = start + 1
  let negated = false
  if (pattern[at] === '!' || pattern[at] === '^') {
    negated = true
    at++
  }
  let body = ''
  while (at < end) {
    const char = pattern[at]!
    if (char === '\\') {
      body += escapeRegExp(pattern[at + 1]!)
      at += 2
    } else if (char === '[' && pattern[at + 1] === ':') {
      const close = pattern.indexOf(':]', at + 2)
      body += posixClass(pattern.slice(at + 2, close)) ?? ''
      at = close + 2
    } else {
      body += char === '-' ? '-' : escapeRegExp(char)
      at++
    }
  }
  return `[${negated ? '^' : ''}${body}]`
}

export interface PatternOptions {
  readonly extglob?: boolean
  readonly ignoreCase?: boolean
  /** `*` stops at slashes: for file names. */
  readonly pathname?: boolean
}

/** Source of a regular expression for a pattern, without anchors. `greedy` false makes `*` match as little as it can. */
export function patternSource(pattern: string, options: PatternOptions = {}, greedy = true): string {
  const any = options.pathname ? '[^/]' : '[\\s\\S]'
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (options.extglob && pattern[at + 1] === '(' && '?*+@!'.includes(char)) {
      const end = groupEnd(pattern, at + 1)
      if (end !== -1) {
        const alternatives = splitAlternatives(pattern.slice(at + 2, end)).map((each) => patternSource(each, options, greedy))
        const group = `(?:${alternatives.join('|')})`
        if (char === '!') source += `(?:(?!${group}${patternSource(pattern.slice(end + 1), options, greedy)}$)${any}*)`
        else source += group + (char === '@' ? '' : char)
        at = end
        continue
      }
    }
    if (char === '*') source += greedy ? `${any}*` : `${any}*?`
    else if (char === '?') source += any
    else if (char === '\\' && at + 1 < pattern.length) source += escapeRegExp(pattern[++at]!)
    else if (char === '[') {
      const end = bracketEnd(pattern, at)
      if (end === -1) source += '\\['
      else {
        source += bracket(pattern, at, end)
        at = end
      }
    } else source += escapeRegExp(char)
  }
  return source
}

function groupEnd(pattern: string, open: number): number {
  let depth = 0
  for (let at = open; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++
    else if (pattern[at] === '(') depth++
    else if (pattern[at] === ')' && --depth === 0) return at
  }
  return -1
}

function splitAlternatives(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '(') depth++
    else if (text[at] === ')') depth--
    else if (text[at] === '|' && depth === 0) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
}

const cache = new Map<string, RegExp>()

/** A regular expression that matches a whole text as the pattern does. */
export function patternRegExp(pattern: string, options: PatternOptions = {}): RegExp {
  const key = `${options.extglob ? 'x' : ''}${options.ignoreCase ? 'i' : ''}${options.pathname ? 'p' : ''}:${pattern}`
  let found = cache.get(key)
  if (!found) {
    if (cache.size > 500) cache.clear()
    found = compile(`^(?:${patternSource(pattern, options)})$`, options.ignoreCase ? 'i' : '')
    cache.set(key, found)
  }
  return found
}

/** A bracket with a reversed range matches nothing in the shell; to a regular expression it is an error. */
function compile(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags)
  } catch {
    return /^(?!)$/
  }
}
