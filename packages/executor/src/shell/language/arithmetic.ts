import { FatalFault } from './signals.js'

/** What arithmetic needs of a shell. `index` is undefined for a plain variable. */
export interface ArithmeticHost {
  lookup(name: string, index: string | undefined): string | undefined
  assign(name: string, index: string | undefined, value: string): void
  isMap(name: string): boolean
}

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value)
const operators = [
  '<<=', '>>=', '**', '++', '--', '<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=',
  '+', '-', '*', '/', '%', '<', '>', '&', '|', '^', '!', '~', '?', ':', '=', ',', '(', ')',
] // biome-ignore format: a table
const binary: ReadonlyMap<string, number> = new Map(
  [['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!='], ['<', '>', '<=', '>='], ['<<', '>>'], ['+', '-'], ['*', '/', '%'], ['**']].flatMap(
    (names, level) => names.map((name) => [name, level] as const),
  ),
)
const powerLevel = 10

interface Place {
  readonly name: string
  readonly index: string | undefined
}

/** Evaluates shell arithmetic in text whose `$` expansions are done: 64-bit, recursive in variables, as bash does. */
export function evaluateArithmetic(text: string, host: ArithmeticHost, depth = 0): bigint {
  if (depth > 100) throw new FatalFault(`${text}: expression recursion level exceeded`)
  return new Evaluator(text, host, depth).whole()
}

class Evaluator {
  private readonly text: string
  private readonly host: ArithmeticHost
  private readonly depth: number
  private at = 0
  /** Above 0 in a branch that is not taken: read, but nothing is assigned. */
  private idle = 0

  constructor(text: string, host: ArithmeticHost, depth: number) {
    this.text = text
    this.host = host
    this.depth = depth
  }

  whole(): bigint {
    this.space()
    if (this.at === this.text.length) return 0n
    const value = this.comma()
    if (this.at < this.text.length) this.fault('syntax error in expression')
    return value
  }

  private fault(what: string): never {
    throw new FatalFault(`${this.text.trim()}: ${what} (error token is "${this.text.slice(this.at).trim()}")`)
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++
  }

  private peek(): string | undefined {
    // prefix-ok: operators in a text
    return operators.find((each) => this.text.startsWith(each, this.at))
  }

  private take(operator: string): boolean {
    if (this.peek() !== operator) return false
    this.at += operator.length
    this.space()
    return true
  }

  private comma(): bigint {
    let value = this.assignment()
    while (this.take(',')) value = this.assignment()
    return value
  }

  private assignment(): bigint {
    const start = this.at
    const place = this.place()
    if (place) {
      const operator = this.peek()
      if (operator === '=' || (operator && /^(?:<<|>>|[-+*/%&|^])=$/.test(operator))) {
        this.take(operator)
        const right = this.assignment()
        const value = operator === '=' ? right : this.apply(operator.slice(0, -1), this.value(place), right)
        this.store(place, value)
        return value
      }
    }
    this.at = start
    return this.ternary()
  }

  private ternary(): bigint {
    const condition = this.operation(0)
    if (!this.take('?')) return condition
    const yes = this.unless(condition === 0n, () => this.assignment())
    if (!this.take(':')) this.fault("`:' expected for conditional expression")
    const no = this.unless(condition !== 0n, () => this.assignment())
    return condition !== 0n ? yes : no
  }

  private unless(skipped: boolean, read: () => bigint): bigint {
    if (skipped) this.idle++
    const value = read()
    if (skipped) this.idle--
    return value
  }

  private operation(level: number): bigint {
    let left = this.unary()
    for (;;) {
      const operator = this.peek()
      const own = operator === undefined ? undefined : binary.get(operator)
      if (operator === undefined || own === undefined || own < level) return left
      this.take(operator)
      if (operator === '&&' || operator === '||') {
        const decided = operator === '&&' ? left === 0n : left !== 0n
        const right = this.unless(decided, () => this.operation(own + 1))
        left = (operator === '&&' ? left !== 0n && right !== 0n : left !== 0n || right !== 0n) ? 1n : 0n
      } else {
        const right = this.operation(own === powerLevel ? own : own + 1)
        left = this.apply(operator, left, right)
      }
    }
  }

  private apply(operator: string, a: bigint, b: bigint): bigint {
    switch (operator) {
      case '+':
        return wrap(a + b)
      case '-':
        return wrap(a - b)
      case '*':
        return wrap(a * b)
      case '/':
      case '%':
        if (b === 0n) {
          if (this.idle > 0) return 0n
          this.fault('division by 0')
        }
        return operator === '/' ? wrap(a / b) : a % b
      case '**':
        if (b < 0n) this.fault('exponent less than 0')
        return wrap(power(a, b))
      case '<<':
        return wrap(a << (b & 63n))
      case '>>':
        return a >> (b & 63n)
      case '&':
        return a & b
      case '|':
        return a | b
      case '^':
        return a ^ b
      default:
        return compare(operator, a, b) ? 1n : 0n
    }
  }

  private unary(): bigint {
    for (const operator of ['++', '--'] as const) {
      const start = this.at
      if (this.take(operator)) {
        const place = this.place()
        if (place) {
          const value = wrap(this.value(place) + (operator === '++' ? 1n : -1n))
          this.store(place, value)
          return value
        }
        this.at = start
      }
    }
    if (this.peek() === '++' || this.peek() === '--') {
      // `- -x` written together: two signs.
      const sign = this.text[this.at]!
      this.at++
      return sign === '-' ? wrap(-this.unary()) : this.unary()
    }
    if (this.take('!')) return this.unary() === 0n ? 1n : 0n
    if (this.take('~')) return ~this.unary()
    if (this.take('-')) return wrap(-this.unary())
    if (this.take('+')) return this.unary()
    return this.postfix()
  }

  private postfix(): bigint {
    if (this.take('(')) {
      const value = this.comma()
      if (!this.take(')')) this.fault("missing `)'")
      return value
    }
    const place = this.place()
    if (place) {
      const value = this.value(place)
      if (this.take('++')) this.store(place, wrap(value + 1n))
      else if (this.take('--')) this.store(place, wrap(value - 1n))
      return value
    }
    return this.number()
  }

  private number(): bigint {
    const match = /^(?:([0-9]+)#([0-9A-Za-z@_]+)|0[xX]([0-9A-Fa-f]+)|([0-9]+))/.exec(this.text.slice(this.at))
    if (!match) this.fault('syntax error: operand expected')
    this.at += match[0].length
    if (/[0-9A-Za-z_]/.test(this.text[this.at] ?? '')) this.fault('value too great for base')
    this.space()
    const [, base, digits, hex, decimal] = match
    if (hex !== undefined) return wrap(BigInt(`0x${hex}`))
    if (base !== undefined) return this.based(Number(base), digits!)
    if (decimal!.length > 1 && decimal!.startsWith('0')) return this.based(8, decimal!)
    return wrap(BigInt(decimal!))
  }

  private based(base: number, digits: string): bigint {
    const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_'
    let value = 0n
    for (const char of base <= 36 ? digits.toLowerCase() : digits) {
      const digit = alphabet.indexOf(char)
      if (digit >= base || base < 2 || base > 64) this.fault('value too great for base')
      value = value * BigInt(base) + BigInt(digit)
    }
    return wrap(value)
  }

  private place(): Place | undefined {
    const match = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.text.slice(this.at))
    if (!match) return undefined
    this.at += match[0].length
    let index: string | undefined
    if (this.text[this.at] === '[') {
      let depth = 0
      const from = this.at + 1
      for (; this.at < this.text.length; this.at++) {
        if (this.text[this.at] === '[') depth++
        else if (this.text[this.at] === ']' && --depth === 0) break
      }
      index = this.text.slice(from, this.at)
      this.at++
      if (!this.host.isMap(match[0])) index = String(evaluateArithmetic(index, this.host, this.depth + 1))
    }
    this.space()
    return { name: match[0], index }
  }

  private value(place: Place): bigint {
    const text = this.host.lookup(place.name, place.index)
    if (text === undefined || text === '') return 0n
    if (/^-?[1-9][0-9]*$|^0$/.test(text)) return wrap(BigInt(text))
    return evaluateArithmetic(text, this.host, this.depth + 1)
  }

  private store(place: Place, value: bigint): void {
    if (this.idle === 0) this.host.assign(place.name, place.index, String(value))
  }
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = wrap(result * square)
    square = wrap(square * square)
  }
  return result
}

function compare(operator: string, a: bigint, b: bigint): boolean {
  switch (operator) {
    case '<':
      return a < b
    case '>':
      return a > b
    case '<=':
      return a <= b
    case '>=':
      return a >= b
    case '==':
      return a === b
    default:
      return a !== b
  }
}
