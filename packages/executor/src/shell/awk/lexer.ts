import type { AwkDialect } from './dialect.js'
import { AwkFailure } from './failure.js'
import { readString } from './strings.js'

export interface Token {
  /** `operator` and `keyword` carry their text in `value`; a `call` is a name directly before `(`. */
  readonly type: 'number' | 'string' | 'regexp' | 'name' | 'call' | 'builtin' | 'keyword' | 'operator' | 'newline' | 'end'
  readonly value: string
  readonly line: number
}

const keywords = new Set(
  'BEGIN END function func if else while for do break continue next nextfile exit return delete in getline print printf'.split(' '),
)

const everywhere =
  'length substr index split sub gsub match sprintf sin cos atan2 exp log sqrt int rand srand tolower toupper system close fflush'.split(
    ' ',
  )
const clock = ['systime', 'strftime', 'mktime']
const bits = ['and', 'or', 'xor', 'compl', 'lshift', 'rshift']
const builtinsOf: Readonly<Record<AwkDialect, ReadonlySet<string>>> = {
  mawk: new Set([...everywhere, ...clock]),
  busybox: new Set([...everywhere, ...clock, ...bits, 'gensub']),
  gawk: new Set([...everywhere, ...clock, ...bits, 'gensub', 'strtonum', 'asort', 'asorti']),
}

const operators = [
  ...['**=', '+=', '-=', '*=', '/=', '%=', '^=', '**', '==', '<=', '>=', '!=', '!~', '&&', '||', '++', '--', '>>'],
  ...['{', '}', '(', ')', '[', ']', ';', ',', '+', '-', '*', '/', '%', '^', '!', '>', '<', '|', '?', ':', '~', '$', '='],
]

/** Splits an awk program into tokens. A slash begins a regular expression where a value can stand. */
export function tokenize(source: string, dialect: AwkDialect): Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 1
  const push = (type: Token['type'], value: string) => tokens.push({ type, value, line })
  while (at < source.length) {
    const char = source[at]!
    if (char === '\n') {
      push('newline', '\n')
      line++
      at++
    } else if (/[ \t\r\f\v]/.test(char)) at++
    else if (char === '\\' && /^\\\r?\n/.test(source.slice(at, at + 3))) {
      at += source[at + 1] === '\r' ? 3 : 2
      line++
    } else if (char === '#') {
      while (at < source.length && source[at] !== '\n') at++
    } else if (char === '"') {
      const { text, end } = readString(source, at + 1)
      if (end === -1) throw new AwkFailure(`line ${line}: runaway string constant "${source.slice(at + 1, at + 11)} ...`)
      push('string', text)
      at = end
    } else if (char === '/' && beginsValue(tokens)) {
      const end = regExpEnd(source, at + 1)
      if (end === -1) throw new AwkFailure(`line ${line}: regular expression ${source.slice(at, at + 11)} ... is not closed`)
      push('regexp', source.slice(at + 1, end).replace(/\\\//g, '/'))
      at = end + 1
    } else {
      const hex = dialect === 'mawk' ? null : /^0[xX][0-9a-fA-F]+/.exec(source.slice(at, at + 40))
      const number = hex ?? /^(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)/.exec(source.slice(at, at + 400))
      const word = /^[A-Za-z_][A-Za-z0-9_]*/.exec(source.slice(at, at + 400))
      if (number) {
        push('number', number[0])
        at += number[0].length
      } else if (word) {
        const name = word[0]
        at += name.length
        if (keywords.has(name)) push('keyword', name === 'func' ? 'function' : name)
        else if (builtinsOf[dialect].has(name)) push('builtin', name)
        else push(source[at] === '(' ? 'call' : 'name', name)
      } else {
        const operator = operators.find((each) => source.startsWith(each, at)) // prefix-ok: an operator at a place
        if (!operator || (dialect === 'mawk' && operator.startsWith('**'))) {
          if (operator) throw new AwkFailure(`line ${line}: syntax error at or near *`)
          throw new AwkFailure(`line ${line}: unexpected character '${char}'`)
        }
        push('operator', operator === '**' ? '^' : operator === '**=' ? '^=' : operator)
        at += operator.length
      }
    }
  }
  push('newline', '\n')
  push('end', 'end of file')
  return tokens
}

/** Whether a value, and not an operator, can come after the last token. */
function beginsValue(tokens: readonly Token[]): boolean {
  const last = tokens[tokens.length - 1]
  if (!last) return true
  if (last.type === 'operator')
    return !(last.value === ')' || last.value === ']' || last.value === '$' || last.value === '++' || last.value === '--')
  return last.type === 'newline' || last.type === 'keyword'
}

/** Where the slash that closes a regular expression stands: not within brackets, not behind a backslash. */
function regExpEnd(source: string, start: number): number {
  let bracket = -1
  for (let at = start; at < source.length; at++) {
    const char = source[at]
    if (char === '\n') return -1
    if (char === '\\') at++
    else if (bracket === -1 && char === '[') {
      bracket = at
      if (source[at + 1] === '^') at++
      if (source[at + 1] === ']') at++
    } else if (bracket !== -1 && char === '[' && source[at + 1] === ':') {
      const end = source.indexOf(':]', at + 2)
      if (end !== -1) at = end + 1
    } else if (bracket !== -1 && char === ']') bracket = -1
    else if (char === '/' && bracket === -1) return at
  }
  // An unclosed bracket: the slash in it closes all the same.
  return bracket === -1 ? -1 : source.indexOf('/', bracket)
}
