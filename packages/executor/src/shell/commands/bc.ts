import { parseOptions } from '../command-options.js'
import { NotSimulated } from '../failure.js'
import { toBytes } from '../system/bytes.js'
import type { Command } from './types.js'

/** A decimal number: `value` in units of 10^-scale. */
interface Decimal {
  readonly value: bigint
  readonly scale: number
}

const ten = (power: number) => 10n ** BigInt(power)
const rescale = (number: Decimal, scale: number): Decimal => ({
  value: scale >= number.scale ? number.value * ten(scale - number.scale) : number.value / ten(number.scale - scale),
  scale,
})

/** bc's expressions, assignments and `scale`: exact decimals, divided to `scale` places. No functions of -l, no statements. */
export const bc: Command = async (call) => {
  const options = parseOptions(call, 'hilqsw', { quiet: 'q', standard: 's', warn: 'w', mathlib: 'l' })
  let text = ''
  for (const operand of options.operands) text += (await call.tryRead(operand)) ?? ''
  text += await call.read('-')
  const machine = new Calculator(options.has('l') ? 20 : 0)
  for (const statement of text
    .replace(/\/\*[\s\S]*?\*\/|#.*/g, '')
    .replace(/\\\n/g, '')
    .split(/[\n;]/)) {
    if (statement.trim() === '') continue
    if (/^\s*(?:quit|halt)\s*$/.test(statement)) break
    const string = /^\s*(?:print\s+)?"([^"]*)"\s*$/.exec(statement)
    if (string) {
      call.out(string[1]!)
      continue
    }
    try {
      const shown = machine.run(statement)
      if (shown !== undefined) call.out(`${shown}\n`)
    } catch (error) {
      if (!(error instanceof DivideByZero)) throw error
      // The statement ends, and bc goes on.
      await call.write(toBytes('Runtime error (func=(main), adr=3): Divide by zero\n'), 2)
    }
  }
}

class DivideByZero extends Error {}

class Calculator {
  private readonly variables = new Map<string, Decimal>()
  private text = ''
  private at = 0

  constructor(scale: number) {
    this.variables.set('scale', { value: BigInt(scale), scale: 0 })
  }

  private get scale(): number {
    return Number(this.variables.get('scale')!.value)
  }

  /** Runs one statement: what it prints, nothing for an assignment. */
  run(statement: string): string | undefined {
    this.text = statement
    this.at = 0
    const silent = /^\s*[a-z][a-z0-9_]*\s*[-+*/%^]?=(?!=)/.test(statement)
    const value = this.relation()
    this.space()
    if (this.at < this.text.length) throw new NotSimulated(`not simulated: ${statement.trim()}`)
    for (const base of ['obase', 'ibase']) {
      const size = Number(this.variables.get(base)?.value ?? 10n)
      if (size < 2 || size > 16) throw new NotSimulated(`not simulated: ${base} of ${size}`)
    }
    return silent ? undefined : this.shown(value)
  }

  private shown(value: Decimal): string {
    const base = Number(this.variables.get('obase')?.value ?? 10n)
    if (base === 10) return show(value)
    if (value.scale > 0) throw new NotSimulated('not simulated: obase with decimals')
    return value.value.toString(base).toUpperCase()
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++
  }

  private take(expression: RegExp): string | undefined {
    this.space()
    const match = expression.exec(this.text.slice(this.at))
    if (!match) return undefined
    this.at += match[0].length
    return match[0]
  }

  private relation(): Decimal {
    const left = this.sum()
    const operator = this.take(/^(?:[<>=!]=|[<>])/)
    if (operator === undefined) return left
    const right = this.sum()
    const scale = Math.max(left.scale, right.scale)
    const [a, b] = [rescale(left, scale).value, rescale(right, scale).value]
    const holds = { '<': a < b, '>': a > b, '<=': a <= b, '>=': a >= b, '==': a === b, '!=': a !== b }[operator]
    return { value: holds ? 1n : 0n, scale: 0 }
  }

  private sum(): Decimal {
    let left = this.product()
    for (let operator = this.take(/^[-+](?!=)/); operator !== undefined; operator = this.take(/^[-+](?!=)/))
      left = this.apply(operator, left, this.product())
    return left
  }

  private product(): Decimal {
    let left = this.power()
    for (let operator = this.take(/^[*/%](?!=)/); operator !== undefined; operator = this.take(/^[*/%](?!=)/))
      left = this.apply(operator, left, this.power())
    return left
  }

  private power(): Decimal {
    const base = this.unary()
    return this.take(/^\^(?!=)/) === undefined ? base : this.apply('^', base, this.power())
  }

  private unary(): Decimal {
    if (this.take(/^-/) !== undefined) {
      const { value, scale } = this.unary()
      return { value: -value, scale }
    }
    if (this.take(/^\(/) !== undefined) {
      const value = this.relation()
      if (this.take(/^\)/) === undefined) throw new NotSimulated('this statement is not simulated')
      return value
    }
    const number = this.take(/^(?:[0-9A-F]+\.?[0-9A-F]*|\.[0-9A-F]+)/)
    const base = Number(this.variables.get('ibase')?.value ?? 10n)
    if (number !== undefined && base !== 10) {
      if (number.includes('.')) throw new NotSimulated('not simulated: ibase with decimals')
      const digit = (char: string) =>
        BigInt(number.length === 1 ? Number.parseInt(char, 16) : Math.min(Number.parseInt(char, 16), base - 1))
      return { value: [...number].reduce((sum, char) => sum * BigInt(base) + digit(char), 0n), scale: 0 }
    }
    if (number !== undefined) {
      if (/[A-F]/.test(number)) throw new NotSimulated('not simulated: letters as digits')
      const [whole = '', fraction = ''] = number.split('.')
      return { value: BigInt(whole + fraction || '0'), scale: fraction.length }
    }
    const name = this.take(/^[a-z][a-z0-9_]*/)
    if (name === undefined) throw new NotSimulated('this statement is not simulated')
    if (this.take(/^\(/) !== undefined) return this.call(name)
    const operator = this.take(/^[-+*/%^]?=(?!=)/)
    if (operator === undefined) return this.variables.get(name) ?? { value: 0n, scale: 0 }
    const right = this.relation()
    const value = operator === '=' ? right : this.apply(operator[0]!, this.variables.get(name) ?? { value: 0n, scale: 0 }, right)
    this.variables.set(name, value)
    return value
  }

  private call(name: string): Decimal {
    const argument = this.relation()
    if (this.take(/^\)/) === undefined) throw new NotSimulated('this statement is not simulated')
    if (name === 'length') return { value: BigInt(String(argument.value < 0n ? -argument.value : argument.value).length), scale: 0 }
    if (name === 'scale') return { value: BigInt(argument.scale), scale: 0 }
    if (name !== 'sqrt') throw new NotSimulated(`not simulated: ${name}()`)
    const scale = Math.max(this.scale, argument.scale)
    return { value: root(rescale(argument, scale * 2).value), scale }
  }

  private apply(operator: string, a: Decimal, b: Decimal): Decimal {
    const scale = Math.max(a.scale, b.scale)
    switch (operator) {
      case '+':
        return { value: rescale(a, scale).value + rescale(b, scale).value, scale }
      case '-':
        return { value: rescale(a, scale).value - rescale(b, scale).value, scale }
      case '*': {
        const kept = Math.min(a.scale + b.scale, Math.max(this.scale, a.scale, b.scale))
        return rescale({ value: a.value * b.value, scale: a.scale + b.scale }, kept)
      }
      case '^': {
        const exponent = Number(rescale(b, 0).value)
        if (exponent < 0) return this.apply('/', { value: 1n, scale: 0 }, this.apply('^', a, { value: BigInt(-exponent), scale: 0 }))
        return rescale(
          { value: a.value ** BigInt(exponent), scale: a.scale * exponent },
          Math.min(a.scale * exponent, Math.max(this.scale, a.scale)),
        )
      }
    }
    if (b.value === 0n) throw new DivideByZero()
    const quotient = { value: (rescale(a, this.scale + b.scale).value * ten(0)) / b.value, scale: this.scale }
    if (operator === '/') return { value: (a.value * ten(this.scale + b.scale)) / (b.value * ten(a.scale)), scale: this.scale }
    return this.apply('-', a, { value: quotient.value * b.value, scale: quotient.scale + b.scale })
  }
}

function root(value: bigint): bigint {
  if (value < 2n) return value
  let guess = BigInt(Math.floor(Math.sqrt(Number(value))))
  for (;;) {
    const next = (guess + value / guess) / 2n
    if (next === guess || next === guess + 1n) break
    guess = next
  }
  while (guess * guess > value) guess--
  return guess
}

function show({ value, scale }: Decimal): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const text = scale === 0 ? whole : `${whole === '0' ? '' : whole}.${digits.slice(digits.length - scale)}`
  return value === 0n ? '0' : `${value < 0n ? '-' : ''}${text}`
}
