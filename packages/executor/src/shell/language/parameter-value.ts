// cycle-ok: patterns and offsets are words in their turn
import { expandArithmetic, expandPattern } from './expand.js'
import { patternRegExp, patternSource } from './pattern.js'
import { quoteWord } from './quote.js'
import type { Shell } from './shell.js'
import { FatalFault } from './signals.js'
import type { ParameterOperation } from './syntax.js'

/** What a parameter stands for: one text, or the elements of `$@` or an array. */
export type Value = { readonly text: string | undefined } | { readonly list: string[]; readonly star: boolean }

export function textOf(shell: Shell, value: Value): string {
  return 'text' in value ? (value.text ?? '') : value.list.join(value.star ? (shell.ifs[0] ?? '') : ' ')
}

/** Applies `#`, `%`, `/`, `^`, `:`, `@` to what a parameter stands for. */
export async function transform(
  shell: Shell,
  parameter: string,
  value: Value,
  operation: Exclude<
    ParameterOperation,
    {
      type:
        | 'Indirection'
        | 'ArrayKeys'
        | 'VarNamePrefix'
        | 'BadSubstitution'
        | 'LengthSliceError'
        | 'DefaultValue'
        | 'UseAlternative'
        | 'AssignDefault'
        | 'ErrorIfUnset'
    }
  >,
): Promise<Value> {
  switch (operation.type) {
    case 'Length':
      return { text: String('text' in value ? (value.text ?? '').length : value.list.length) }
    case 'Substring':
      return substring(shell, parameter, value, operation)
    case 'PatternRemoval': {
      const pattern = await expandPattern(shell, operation.pattern)
      return each(value, (text) => removeAffix(shell, text, pattern, operation.side, operation.greedy))
    }
    case 'PatternReplacement': {
      const pattern = await expandPattern(shell, operation.pattern)
      const replacement = operation.replacement ? await expandPattern(shell, operation.replacement) : ''
      return each(value, (text) => replace(shell, text, pattern, replacement, operation.all, operation.anchor))
    }
    case 'CaseModification': {
      const pattern = operation.pattern ? await expandPattern(shell, operation.pattern) : '?'
      const expression = patternRegExp(pattern, { extglob: shell.shopt('extglob') })
      const change = (char: string) =>
        expression.test(char) ? (operation.direction === 'upper' ? char.toUpperCase() : char.toLowerCase()) : char
      return each(value, (text) => (operation.all ? text.replace(/[A-Za-z]/g, change) : text.replace(/^[A-Za-z]/, change)))
    }
    case 'Transform':
      return transformed(shell, parameter, value, operation.operator)
  }
}

const each = (value: Value, change: (text: string) => string): Value =>
  'text' in value ? { text: value.text === undefined ? undefined : change(value.text) } : { list: value.list.map(change), star: value.star }

async function substring(
  shell: Shell,
  parameter: string,
  value: Value,
  operation: Extract<ParameterOperation, { type: 'Substring' }>,
): Promise<Value> {
  const number = async (text: string) => Number(shell.arithmetic(await expandArithmetic(shell, text)))
  const offset = await number(operation.offset.originalText ?? '')
  const length = operation.length ? await number(operation.length.originalText ?? '') : undefined
  if ('text' in value) {
    const text = value.text ?? ''
    const from = offset < 0 ? text.length + offset : offset
    if (from < 0) return { text: '' }
    const to = length === undefined ? text.length : length < 0 ? text.length + length : from + length
    if (to < from) {
      if (length! < 0) throw new FatalFault(`${length}: substring expression < 0`)
      return { text: '' }
    }
    return { text: text.slice(from, to) }
  }
  const list = parameter === '@' || parameter === '*' ? [shell.name, ...value.list] : value.list
  const from = offset < 0 ? list.length + offset : offset
  if (from < 0 || (length !== undefined && length < 0)) return { list: [], star: value.star }
  return { list: list.slice(from, length === undefined ? undefined : from + length), star: value.star }
}

function removeAffix(shell: Shell, text: string, pattern: string, side: 'prefix' | 'suffix', greedy: boolean): string {
  const expression = patternRegExp(pattern, { extglob: shell.shopt('extglob') })
  const lengths = Array.from({ length: text.length + 1 }, (_, at) => at)
  if (greedy) lengths.reverse()
  for (const length of lengths) {
    const piece = side === 'prefix' ? text.slice(0, length) : text.slice(text.length - length)
    if (expression.test(piece)) return side === 'prefix' ? text.slice(length) : text.slice(0, text.length - length)
  }
  return text
}

export function replace(
  shell: Shell,
  text: string,
  pattern: string,
  replacement: string,
  all: boolean,
  anchor: 'start' | 'end' | null,
): string {
  if (pattern === '' && anchor === null) return text
  const source = patternSource(pattern, { extglob: shell.shopt('extglob') })
  const anchored = anchor === 'start' ? `^(?:${source})` : anchor === 'end' ? `(?:${source})$` : `(?:${source})`
  const expression = new RegExp(anchored, all && !anchor ? 'g' : '')
  // `&` in the replacement stands for what matched, unless it was quoted (patsub_replacement, on by default in bash 5.2).
  const put = (match: string) =>
    replacement.replace(
      /\\([\s\S])|&/g,
      (whole, quoted: string | undefined) => quoted ?? (whole === '&' && shell.dialect === 'bash' ? match : whole),
    )
  return text.replace(expression, (match) => (match === '' && all && !anchor ? '' : put(match)))
}

function transformed(shell: Shell, parameter: string, value: Value, operator: string): Value {
  const name = parameter.replace(/\[[@*]\]$/, '')
  const variable = shell.env.find(shell.env.resolve(name))
  switch (operator) {
    case 'Q':
      return each(value, quoteWord)
    case 'U':
      return each(value, (text) => text.toUpperCase())
    case 'L':
      return each(value, (text) => text.toLowerCase())
    case 'u':
      return each(value, (text) => text.charAt(0).toUpperCase() + text.slice(1))
    case 'a': {
      const letters = `${variable?.map ? 'A' : typeof variable?.value === 'object' ? 'a' : ''}${variable?.integer ? 'i' : ''}${variable?.readonly ? 'r' : ''}${variable?.exported ? 'x' : ''}`
      return { text: letters }
    }
    case 'A':
      return { text: `${name}=${quoteWord(textOf(shell, value))}` }
    default:
      throw new FatalFault(`\${${parameter}@${operator}}: not supported by the simulated shell`)
  }
}
