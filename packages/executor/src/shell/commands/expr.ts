import { CommandFailure } from '../failure.js'
import { posixRegExp } from '../text/posix-regexp.js'
import type { Command } from './types.js'

/** expr: `|`, `&`, comparisons, sums, products, `:`; each argument a token. */
export const expr: Command = (call) => {
  const tokens = call.args[0] === '--' ? call.args.slice(1) : call.args
  if (tokens.length === 0) throw new CommandFailure('missing operand', 2)
  const parser = new Expression(tokens)
  const value = parser.or()
  parser.end()
  call.out(`${value}\n`)
  return value === '' || /^-?0+$/.test(value) ? 1 : 0
}

const levels = [['|'], ['&'], ['<', '<=', '=', '==', '!=', '>=', '>'], ['+', '-'], ['*', '/', '%'], [':']]

class Expression {
  private readonly tokens: readonly string[]
  private at = 0

  constructor(tokens: readonly string[]) {
    this.tokens = tokens
  }

  end(): void {
    if (this.at < this.tokens.length) throw new CommandFailure(`syntax error: unexpected argument '${this.tokens[this.at]}'`, 2)
  }

  or(level = 0): string {
    if (level === levels.length) return this.atom()
    let left = this.or(level + 1)
    while (levels[level]!.includes(this.tokens[this.at] ?? '')) {
      const operator = this.tokens[this.at++]!
      left = apply(operator, left, this.or(level + 1))
    }
    return left
  }

  private next(): string {
    const token = this.tokens[this.at++]
    if (token === undefined) throw new CommandFailure(`syntax error: missing argument after '${this.tokens[this.tokens.length - 1]}'`, 2)
    return token
  }

  private atom(): string {
    const token = this.next()
    const more = this.at < this.tokens.length
    if (token === '(') {
      const value = this.or()
      if (this.tokens[this.at++] !== ')') throw new CommandFailure(`syntax error: expecting ')' after '${this.tokens[this.at - 2]}'`, 2)
      return value
    }
    if (token === '+' && more) return this.next()
    if (token === 'length' && more) return String(this.atom().length)
    if (token === 'match' && this.at + 1 < this.tokens.length) {
      const text = this.atom()
      return apply(':', text, this.atom())
    }
    if (token === 'index' && this.at + 1 < this.tokens.length) {
      const [text, chars] = [this.atom(), this.atom()]
      return String([...text].findIndex((char) => chars.includes(char)) + 1)
    }
    if (token === 'substr' && this.at + 2 < this.tokens.length) {
      const [text, from, length] = [this.atom(), Number(this.atom()), Number(this.atom())]
      return from >= 1 && length >= 1 ? text.slice(from - 1, from - 1 + length) : ''
    }
    return token
  }
}

const isZero = (text: string) => text === '' || /^-?0+$/.test(text)
const isNumber = (text: string) => /^-?[0-9]+$/.test(text)

function apply(operator: string, left: string, right: string): string {
  switch (operator) {
    case '|':
      return isZero(left) ? (isZero(right) ? '0' : right) : left
    case '&':
      return isZero(left) || isZero(right) ? '0' : left
    case ':': {
      const expression = posixRegExp(right, { syntax: 'basic' })
      if (!expression) throw new CommandFailure('Invalid regular expression', 2)
      const found = expression.exec(left)
      const match = found?.index === 0 ? found : null
      const groups = /\\\(/.test(right)
      return match ? (groups ? (match[1] ?? '') : String(match[0].length)) : groups ? '' : '0'
    }
  }
  if (levels[2]!.includes(operator)) {
    const numeric = isNumber(left) && isNumber(right)
    const [a, b] = numeric ? [BigInt(left), BigInt(right)] : [left, right]
    const holds = { '<': a < b, '<=': a <= b, '=': a === b, '==': a === b, '!=': a !== b, '>=': a >= b, '>': a > b }[operator]
    return holds ? '1' : '0'
  }
  if (!isNumber(left) || !isNumber(right)) throw new CommandFailure('non-integer argument', 2)
  const [a, b] = [BigInt(left), BigInt(right)]
  if ((operator === '/' || operator === '%') && b === 0n) throw new CommandFailure('division by zero', 2)
  return String({ '+': () => a + b, '-': () => a - b, '*': () => a * b, '/': () => a / b, '%': () => a % b }[operator]!())
}
