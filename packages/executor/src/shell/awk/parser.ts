import type { AwkDialect } from './dialect.js'
import { ExpressionParser } from './parse-expression.js'
import type { Expression, FunctionTree, ProgramTree, Redirection, Rule, Statement } from './tree.js'

/** Reads an awk program. @throws AwkFailure */
export function parseAwk(source: string, dialect: AwkDialect): ProgramTree {
  return new ProgramParser(source, dialect).program()
}

class ProgramParser extends ExpressionParser {
  program(): ProgramTree {
    const begin: Statement[] = []
    const end: Statement[] = []
    const rules: Rule[] = []
    const functions = new Map<string, FunctionTree>()
    for (this.skipEnds(); this.peek().type !== 'end'; this.skipEnds()) {
      if (this.takeKeyword('function')) {
        const one = this.functionTree()
        functions.set(one.name, one)
      } else if (this.takeKeyword('BEGIN')) begin.push(this.body())
      else if (this.takeKeyword('END')) end.push(this.body())
      else rules.push(this.rule())
    }
    return { begin, rules, end, functions }
  }

  private skipEnds(): void {
    while (this.peek().type === 'newline' || this.sees(';')) this.next()
  }

  private functionTree(): FunctionTree {
    const name = this.next()
    if (name.type !== 'name' && name.type !== 'call') this.fault(name)
    const parameters: string[] = []
    this.expect('(')
    while (!this.takes(')')) {
      const parameter = this.next()
      if (parameter.type !== 'name') this.fault(parameter)
      parameters.push(parameter.value)
      if (!this.sees(')')) this.expect(',')
      this.skipNewlines()
    }
    this.skipNewlines()
    return { name: name.value, parameters, body: this.body() }
  }

  private rule(): Rule {
    if (this.sees('{')) return { pattern: undefined, until: undefined, body: this.body() }
    const pattern = this.expression()
    let until: Expression | undefined
    if (this.takes(',')) {
      this.skipNewlines()
      until = this.expression()
    }
    const body = this.sees('{') ? this.body() : undefined
    if (!body) this.endOfStatement()
    return { pattern, until, body }
  }

  private body(): Statement {
    this.expect('{')
    const body: Statement[] = []
    for (this.skipEnds(); !this.takes('}'); this.skipEnds()) body.push(this.statement())
    return { type: 'block', body }
  }

  private endOfStatement(): void {
    if (this.takes(';') || this.peek().type === 'newline') {
      this.skipNewlines()
      return
    }
    if (this.sees('}') || this.peek().type === 'end') return
    this.fault(this.peek())
  }

  /** A statement behind `if (…)`, `else`, `while (…)`: it may be empty. */
  private inner(): Statement {
    this.skipNewlines()
    if (this.takes(';')) return { type: 'block', body: [] }
    return this.statement()
  }

  private statement(): Statement {
    if (this.sees('{')) return this.body()
    const token = this.peek()
    if (token.type === 'keyword') {
      const compound = this.compound(token.value)
      if (compound) return compound
    }
    const statement = this.simple()
    this.endOfStatement()
    return statement
  }

  private compound(word: string): Statement | undefined {
    switch (word) {
      case 'if': {
        this.next()
        const test = this.condition()
        const yes = this.inner()
        const before = this.at
        while (this.peek().type === 'newline' || this.sees(';')) this.next()
        if (this.takeKeyword('else')) return { type: 'if', test, yes, no: this.inner() }
        this.at = before
        return { type: 'if', test, yes, no: undefined }
      }
      case 'while': {
        this.next()
        return { type: 'while', test: this.condition(), body: this.inner() }
      }
      case 'do': {
        this.next()
        const body = this.inner()
        this.skipEnds()
        if (!this.takeKeyword('while')) this.fault(this.peek())
        const test = this.condition()
        this.endOfStatement()
        return { type: 'do', test, body }
      }
      case 'for':
        this.next()
        return this.loop()
      default:
        return undefined
    }
  }

  private condition(): Expression {
    this.expect('(')
    const test = this.expression()
    this.expect(')')
    return test
  }

  private loop(): Statement {
    this.expect('(')
    const [variable, word, array, close] = this.ahead(4)
    if (variable?.type === 'name' && word?.value === 'in' && array?.type === 'name' && close?.value === ')') {
      this.at += 4
      return { type: 'forIn', variable: variable.value, array: array.value, body: this.inner() }
    }
    const start = this.sees(';') ? undefined : this.simple()
    this.expect(';')
    this.skipNewlines()
    const test = this.sees(';') ? undefined : this.expression()
    this.expect(';')
    this.skipNewlines()
    const step = this.sees(')') ? undefined : this.simple()
    this.expect(')')
    return { type: 'for', start, test, step, body: this.inner() }
  }

  private simple(): Statement {
    const token = this.peek()
    if (token.type === 'keyword') {
      switch (token.value) {
        case 'print':
        case 'printf':
          this.next()
          return this.print(token.value)
        case 'break':
        case 'continue':
        case 'next':
        case 'nextfile':
          this.next()
          return { type: token.value }
        case 'exit':
        case 'return':
          this.next()
          return { type: token.value, value: this.endsHere() ? undefined : this.expression() }
        case 'delete': {
          this.next()
          const name = this.next()
          if (name.type !== 'name') this.fault(name)
          return { type: 'delete', name: name.value, index: this.takes('[') ? this.index() : undefined }
        }
      }
    }
    return { type: 'expression', expression: this.expression() }
  }

  private endsHere(): boolean {
    return this.sees(';') || this.sees('}') || this.peek().type === 'newline' || this.peek().type === 'end'
  }

  private print(type: 'print' | 'printf'): Statement {
    let args: readonly Expression[] = []
    if (!this.endsHere() && !this.sees('>') && !this.sees('>>') && !this.sees('|')) {
      args = this.list({ greater: false })
      const [only] = args
      if (args.length === 1 && only?.type === 'group') args = only.list
    }
    let to: Redirection | undefined
    for (const kind of ['>>', '>', '|'] as const) {
      if (!this.takes(kind)) continue
      to = { kind, target: this.target() }
      break
    }
    return { type, args, to }
  }
}
