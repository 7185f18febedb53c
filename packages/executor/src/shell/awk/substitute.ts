import type { BuiltinFunction } from './builtins.js'
import type { Target } from './compile-expression.js'
import { AwkFailure } from './failure.js'
import type { Machine } from './machine.js'
import { after } from './maybe.js'
import type { Expression } from './tree.js'

const record: Expression = { type: 'field', index: { type: 'number', value: 0 } }

/** `sub` and `gsub`. */
export function substitute(global: boolean): BuiltinFunction {
  return (compiler, args) => {
    const [pattern, replacement, into = record] = args
    if (!pattern || !replacement || args.length > 3) throw new AwkFailure('syntax error: sub needs a regular expression and a text')
    const expression = compiler.regExp(pattern)
    const text = compiler.expression(replacement)
    const target = place(compiler.target.bind(compiler), into)
    return (machine) =>
      after(expression(machine), (found) =>
        after(text(machine), (value) =>
          after(target.place(machine), (where) => {
            const parts = readReplacement(machine.text(value))
            const { result, count } = replaceMatches(machine, where.get(), found, global ? 'all' : 1, (match) =>
              parts.map((part) => part ?? match[0]).join(''),
            )
            if (count > 0) where.set(result)
            return count
          }),
        ),
      )
  }
}

/** A constant may stand there too: the result is then only counted. */
function place(target: (tree: Expression) => Target, tree: Expression): Target {
  if (tree.type === 'string' || tree.type === 'number') {
    const { value } = tree
    return { place: () => ({ get: () => value, set: () => {} }) }
  }
  return target(tree)
}

/** Text between the places where the match goes, which are null. */
function readReplacement(text: string): (string | null)[] {
  const parts: (string | null)[] = []
  let piece = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '\\' && (text[at + 1] === '&' || text[at + 1] === '\\')) piece += text[++at]
    else if (char === '&') {
      parts.push(piece, null)
      piece = ''
    } else piece += char
  }
  return [...parts, piece]
}

function replaceMatches(
  machine: Machine,
  value: Parameters<Machine['text']>[0],
  expression: RegExp,
  which: number | 'all',
  shown: (match: RegExpExecArray) => string,
): { readonly result: string; readonly count: number } {
  const text = machine.text(value)
  let result = ''
  let count = 0
  let seen = 0
  let from = 0
  /** Where the last match that was not empty ended: an empty one there is part of it. */
  let lastEnd = -1
  expression.lastIndex = 0
  for (let match = expression.exec(text); match; match = expression.exec(text)) {
    const empty = match[0] === ''
    if (!(empty && match.index === lastEnd)) {
      seen++
      if (which === 'all' || seen === which) {
        result += text.slice(from, match.index) + shown(match)
        from = match.index + match[0].length
        count++
        if (which !== 'all') break
      }
    }
    if (empty) expression.lastIndex++
    else lastEnd = match.index + match[0].length
  }
  return { result: result + text.slice(from), count }
}

/** gawk's `gensub(regexp, replacement, which [, text])`: gives the new text, with groups as `\1`. */
export const generalSubstitute: BuiltinFunction = (compiler, args) => {
  const [pattern, replacement, how, into = record] = args
  if (!pattern || !replacement || !how) throw new AwkFailure('syntax error: gensub needs three arguments')
  const expression = compiler.regExp(pattern)
  const list = compiler.list([replacement, how, into])
  return (machine) =>
    after(expression(machine), (found) =>
      after(list(machine), ([text, which, source]) => {
        const word = machine.text(which!)
        const wanted = /^[gG]/.test(word) ? 'all' : Math.max(1, Math.trunc(machine.number(which!)))
        const shape = machine.text(text!)
        found.lastIndex = 0
        return replaceMatches(machine, source!, found, wanted, (match) =>
          shape.replace(/\\([0-9&\\])|&/g, (whole, sign: string | undefined) => {
            if (whole === '&') return match[0]
            return sign === '&' || sign === '\\' ? sign : (match[Number(sign)] ?? '')
          }),
        ).result
      }),
    )
}
