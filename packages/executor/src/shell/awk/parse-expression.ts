// over 300 lines because every level of precedence is read by the one above it, in one class

import type { AwkDialect } from './dialect.js'
import { AwkFailure } from './failure.js'
import { type Token, tokenize } from './lexer.js'
import type { Expression } from './tree.js'

/** What an expression may hold where it stands: `print a > b` redirects, and `for (k in a)` is no test. */
interface Context {
  readonly greater: boolean
}
const free: Context = { greater: true }

const assignments = new Set(['=', '+=', '-=', '*=', '/=', '%=', '^='])
const comparisons = new Set(['<', '<=', '==', '!=', '>', '>='])
/** Builtin functions that may stand without parentheses. */
const bare = new Set(['length'])

/** Reads expressions, from the loosest operators to the tightest. */
export class ExpressionParser {
  at = 0
  private readonly tokens: readonly Token[]
  private readonly dialect: AwkDialect

  constructor(source: string, dialect: AwkDialect) {
    this.tokens = tokenize(source, dialect)
    this.dialect = dialect
  }

  peek(): Token {
    return this.tokens[this.at]!
  }

  ahead(count: number): readonly Token[] {
    return this.tokens.slice(this.at, this.at + count)
  }

  next(): Token {
    const token = this.tokens[this.at]!
    if (token.type !== 'end') this.at++
    return token
  }

  sees(operator: string): boolean {
    const token = this.peek()
    return token.type === 'operator' && token.value === operator
  }

  takes(operator: string): boolean {
    if (!this.sees(operator)) return false
    this.at++
    return true
  }

  takeKeyword(word: string): boolean {
    const token = this.peek()
    if (token.type !== 'keyword' || token.value !== word) return false
    this.at++
    return true
  }

  expect(operator: string): void {
    if (!this.takes(operator)) this.fault(this.peek())
  }

  skipNewlines(): void {
    while (this.peek().type === 'newline') this.at++
  }

  fault(token: Token): never {
    const near = token.type === 'newline' ? 'end of line' : token.value
    throw new AwkFailure(`line ${token.line}: syntax error at or near ${near}`)
  }

  list(context: Context = free): Expression[] {
    const all = [this.expression(context)]
    while (this.takes(',')) {
      this.skipNewlines()
      all.push(this.expression(context))
    }
    return all
  }

  index(): Expression[] {
    const index = this.list()
    this.expect(']')
    return index
  }

  /** The file or command that `print` writes to. */
  target(): Expression {
    return this.ternary({ greater: false })
  }

  expression(context: Context = free): Expression {
    const left = this.ternary(context)
    const token = this.peek()
    if (token.type !== 'operator' || !assignments.has(token.value)) return left
    if (!isTarget(left)) {
      const inner = assigned(left, (target) => this.assignment(target, context))
      if (inner) return inner
      this.fault(token)
    }
    return this.assignment(left, context)
  }

  private assignment(target: Expression, context: Context): Expression {
    const operator = this.next().value
    this.skipNewlines()
    return { type: 'assign', operator, target, value: this.expression(context) }
  }

  private ternary(context: Context): Expression {
    const test = this.or(context)
    if (!this.takes('?')) return test
    this.skipNewlines()
    const yes = this.expression(context)
    this.skipNewlines()
    this.expect(':')
    this.skipNewlines()
    return { type: 'ternary', test, yes, no: this.expression(context) }
  }

  private or(context: Context): Expression {
    let left = this.and(context)
    while (this.takes('||')) {
      this.skipNewlines()
      left = { type: 'logic', operator: '||', left, right: this.and(context) }
    }
    return left
  }

  private and(context: Context): Expression {
    let left = this.membership(context)
    while (this.takes('&&')) {
      this.skipNewlines()
      left = { type: 'logic', operator: '&&', left, right: this.membership(context) }
    }
    return left
  }

  private membership(context: Context): Expression {
    let left = this.match(context)
    while (this.takeKeyword('in')) {
      const name = this.next()
      if (name.type !== 'name') this.fault(name)
      left = { type: 'in', index: left.type === 'group' ? left.list : [left], name: name.value }
    }
    if (left.type === 'group' && left.list.length > 1 && !context.greater) return left
    return left
  }

  private match(context: Context): Expression {
    let left = this.comparison(context)
    for (;;) {
      if (this.takes('~')) left = { type: 'match', negated: false, left, right: this.comparison(context) }
      else if (this.takes('!~')) left = { type: 'match', negated: true, left, right: this.comparison(context) }
      else return left
    }
  }

  private comparison(context: Context): Expression {
    let left = this.piped()
    const token = this.peek()
    // To mawk, `>` in a `print` redirects, whatever follows.
    if (token.type === 'operator' && token.value === '>=' && !context.greater && this.dialect === 'mawk') this.fault(token)
    if (token.type === 'operator' && comparisons.has(token.value) && (context.greater || token.value !== '>')) {
      this.next()
      left = { type: 'binary', operator: token.value, left, right: this.piped() }
    }
    return left
  }

  /** `"command" | getline`: binds as loosely as a comparison's operand. */
  private piped(): Expression {
    let left = this.concatenation()
    while (this.sees('|') && this.ahead(2)[1]?.value === 'getline' && this.ahead(2)[1]?.type === 'keyword') {
      this.at += 2
      const target = this.optionalTarget()
      left = { type: 'getline', from: 'command', source: left, ...(target ? { target } : {}) }
    }
    return left
  }

  private concatenation(): Expression {
    let left = this.additive()
    while (this.beginsOperand()) left = { type: 'binary', operator: ' ', left, right: this.additive() }
    return left
  }

  /** Whether another operand follows without an operator between. */
  private beginsOperand(): boolean {
    const { type, value } = this.peek()
    if (type === 'operator') return value === '(' || value === '$' || value === '!' || value === '++' || value === '--'
    // `x in a` and `getline` behind a value belong to others.
    return type === 'number' || type === 'string' || type === 'regexp' || type === 'name' || type === 'call' || type === 'builtin'
  }

  private additive(): Expression {
    let left = this.multiplicative()
    for (;;) {
      const { value } = this.peek()
      if (!this.takes('+') && !this.takes('-')) return left
      this.skipNewlines()
      left = { type: 'binary', operator: value, left, right: this.multiplicative() }
    }
  }

  private multiplicative(): Expression {
    let left = this.unary()
    for (;;) {
      const { value } = this.peek()
      if (!this.takes('*') && !this.takes('/') && !this.takes('%')) return left
      left = { type: 'binary', operator: value, left, right: this.unary() }
    }
  }

  private unary(): Expression {
    for (const operator of ['!', '-', '+'] as const) {
      if (this.takes(operator)) return { type: 'unary', operator, operand: this.unary() }
    }
    return this.power()
  }

  private power(): Expression {
    const left = this.postfix()
    if (!this.takes('^')) return left
    // Right to left, and the exponent may have a sign.
    const sign = this.takes('-') ? '-' : this.takes('+') ? '+' : this.takes('!') ? '!' : undefined
    const exponent = this.power()
    return { type: 'binary', operator: '^', left, right: sign ? { type: 'unary', operator: sign, operand: exponent } : exponent }
  }

  private postfix(): Expression {
    const operand = this.primary()
    if (!isTarget(operand)) return operand
    if (this.takes('++')) return { type: 'step', by: 1, prefix: false, target: operand }
    if (this.takes('--')) return { type: 'step', by: -1, prefix: false, target: operand }
    return operand
  }

  private primary(): Expression {
    const token = this.next()
    switch (token.type) {
      case 'number':
        return { type: 'number', value: Number(token.value) }
      case 'string':
        return { type: 'string', value: token.value }
      case 'regexp':
        return { type: 'regexp', source: token.value }
      case 'name':
        return this.takes('[') ? { type: 'element', name: token.value, index: this.index() } : { type: 'name', name: token.value }
      case 'call':
        this.expect('(')
        return { type: 'call', name: token.value, args: this.args(), line: token.line }
      case 'builtin':
        if (this.takes('(')) return { type: 'builtin', name: token.value, args: this.args() }
        if (!bare.has(token.value)) this.fault(this.peek())
        return { type: 'builtin', name: token.value, args: [] }
      case 'keyword':
        if (token.value === 'getline') return this.getline()
        return this.fault(token)
      case 'operator':
        return this.marked(token)
      default:
        return this.fault(token)
    }
  }

  private args(): Expression[] {
    this.skipNewlines()
    if (this.takes(')')) return []
    const args = this.list()
    this.skipNewlines()
    this.expect(')')
    return args
  }

  private marked(token: Token): Expression {
    switch (token.value) {
      case '(': {
        this.skipNewlines()
        const list = this.list()
        this.skipNewlines()
        this.expect(')')
        return { type: 'group', list }
      }
      case '$': {
        // `$i++` counts the field up, `$++i` the index.
        if (this.takes('++')) return { type: 'field', index: { type: 'step', by: 1, prefix: true, target: this.stepTarget() } }
        if (this.takes('--')) return { type: 'field', index: { type: 'step', by: -1, prefix: true, target: this.stepTarget() } }
        if (this.takes('-')) return { type: 'field', index: { type: 'unary', operator: '-', operand: this.primary() } }
        return { type: 'field', index: this.primary() }
      }
      case '++':
      case '--':
        return { type: 'step', by: token.value === '++' ? 1 : -1, prefix: true, target: this.stepTarget() }
      default:
        return this.fault(token)
    }
  }

  private stepTarget(): Expression {
    const token = this.peek()
    const target = this.primary()
    if (!isTarget(target)) this.fault(token)
    return target
  }

  private getline(): Expression {
    const target = this.optionalTarget()
    const into = target ? { target } : {}
    if (!this.takes('<')) return { type: 'getline', from: 'main', ...into }
    return { type: 'getline', from: 'file', source: this.postfix(), ...into }
  }

  /** What getline reads into, where something follows that can be assigned. */
  private optionalTarget(): Expression | undefined {
    if (this.peek().type !== 'name' && !this.sees('$')) return undefined
    return this.primary()
  }
}

const isTarget = (expression: Expression): boolean =>
  expression.type === 'name' || expression.type === 'element' || expression.type === 'field'

/** `!x = y` and `a && b = c`: the assignment belongs to the last operand, as every awk reads it. */
function assigned(expression: Expression, make: (target: Expression) => Expression): Expression | undefined {
  if (expression.type === 'unary' && isTarget(expression.operand)) return { ...expression, operand: make(expression.operand) }
  if (
    (expression.type === 'logic' ||
      expression.type === 'match' ||
      (expression.type === 'binary' && comparisons.has(expression.operator))) &&
    isTarget(expression.right)
  )
    return { ...expression, right: make(expression.right) }
  return undefined
}
