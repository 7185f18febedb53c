import type { Call } from '../call.js'
import { CommandFailure } from '../failure.js'
import { compareFiles, testFile, testIsSet } from '../language/file-tests.js'
import type { Command } from './types.js'

const unary = /^-[abcdefghknoprstuvwxzGLNORS]$/
const binary = new Set(['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef'])

/** `test` and `[`: by the number of arguments first, as POSIX has it, then by precedence. */
export const test: Command = (call) => {
  let args = [...call.args]
  if (call.name === '[') {
    if (args[args.length - 1] !== ']') throw new CommandFailure("missing `]'", 2)
    args = args.slice(0, -1)
  }
  return new Evaluation(call, args).whole() ? 0 : 1
}

class Evaluation {
  private readonly call: Call
  private readonly args: readonly string[]
  private at = 0

  constructor(call: Call, args: readonly string[]) {
    this.call = call
    this.args = args
  }

  whole(): boolean {
    const { args } = this
    const [a = '', b = '', c = ''] = args
    if (args.length === 0) return false
    if (args.length === 1) return a !== ''
    if (args.length === 2) return a === '!' ? b === '' : this.one(a, b)
    if (args.length === 3) {
      if (binary.has(b)) return this.two(b, a, c)
      if (b === '-a') return a !== '' && c !== ''
      if (b === '-o') return a !== '' || c !== ''
      if (a === '!') return b === '!' ? c !== '' : !this.one(b, c)
      if (a === '(' && c === ')') return b !== ''
      throw new CommandFailure(`${b}: binary operator expected`, 2)
    }
    if (args.length === 4 && a === '!') return !new Evaluation(this.call, args.slice(1)).whole()
    const value = this.or()
    if (this.at < args.length) throw new CommandFailure('too many arguments', 2)
    return value
  }

  private or(): boolean {
    let value = this.and()
    while (this.args[this.at] === '-o') {
      this.at++
      const right = this.and()
      value = value || right
    }
    return value
  }

  private and(): boolean {
    let value = this.term()
    while (this.args[this.at] === '-a') {
      this.at++
      const right = this.term()
      value = value && right
    }
    return value
  }

  private term(): boolean {
    const [first, second, third] = this.args.slice(this.at)
    if (first === undefined) throw new CommandFailure('argument expected', 2)
    if (second !== undefined && third !== undefined && binary.has(second)) {
      this.at += 3
      return this.two(second, first, third)
    }
    if (first === '!') {
      this.at++
      return !this.term()
    }
    if (first === '(') {
      this.at++
      const value = this.or()
      if (this.args[this.at++] !== ')') throw new CommandFailure("`)' expected", 2)
      return value
    }
    if (unary.test(first) && second !== undefined) {
      this.at += 2
      return this.one(first, second)
    }
    this.at++
    return first !== ''
  }

  private one(operator: string, operand: string): boolean {
    if (operator === '-n') return operand !== ''
    if (operator === '-z') return operand === ''
    if (!unary.test(operator)) throw new CommandFailure(`${operator}: unary operator expected`, 2)
    const { shell, process } = this.call
    const asked = shell ? testIsSet(shell, operator, operand) : undefined
    return asked ?? testFile({ fs: this.call.fs, cwd: process.cwd }, operator, operand)
  }

  private two(operator: string, left: string, right: string): boolean {
    switch (operator) {
      case '==':
        if (this.call.shell?.dialect === 'dash') throw new CommandFailure(`${left}: unexpected operator`, 2)
        return left === right
      case '=':
        return left === right
      case '!=':
        return left !== right
      case '<':
        return left < right
      case '>':
        return left > right
      case '-nt':
      case '-ot':
      case '-ef':
        return compareFiles({ fs: this.call.fs, cwd: this.call.process.cwd }, operator, left, right)
    }
    const [a, b] = [this.number(left), this.number(right)]
    switch (operator) {
      case '-eq':
        return a === b
      case '-ne':
        return a !== b
      case '-lt':
        return a < b
      case '-le':
        return a <= b
      case '-gt':
        return a > b
      default:
        return a >= b
    }
  }

  private number(text: string): bigint {
    if (!/^\s*[-+]?[0-9]+\s*$/.test(text)) throw new CommandFailure(`${text}: integer expression expected`, 2)
    return BigInt(text.trim().replace(/^\+/, ''))
  }
}
