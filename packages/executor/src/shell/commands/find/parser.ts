import type { Stat } from '@layerwright/vfs'
import type { Call } from '../../call.js'
import { CommandFailure } from '../../failure.js'
import type { Owners } from '../../text/owners.js'
import { actions } from './actions.js'
import { tests } from './tests.js'

/** One file that find looks at. */
export interface Item {
  /** As it is printed. */
  readonly path: string
  readonly start: string
  readonly stat: Stat
  readonly depth: number
  prune: boolean
  quit: boolean
}

export type Expression = (item: Item) => boolean | Promise<boolean>

/** Reads a find expression: `!` before `-a` before `-o` before `,`; without an action, `-print` what it is true for. */
export class FindParser {
  readonly call: Call
  readonly owners: Owners
  depth = false
  min = 0
  max = Infinity
  xdev = false
  private readonly args: readonly string[]
  private at = 0
  private acts = false
  private readonly endings: (() => Promise<void>)[] = []

  constructor(call: Call, args: readonly string[], owners: Owners) {
    this.call = call
    this.args = args
    this.owners = owners
  }

  async parse(): Promise<Expression> {
    const expression = this.args.length === 0 ? () => true : await this.comma()
    if (this.at < this.args.length) throw new CommandFailure(`paths must precede expression: \`${this.args[this.at]}'`)
    if (this.acts) return expression
    return async (item) => {
      if (await expression(item)) this.call.out(`${item.path}\n`)
      return true
    }
  }

  /** Runs what `-exec … +` gathered. */
  async finish(): Promise<void> {
    for (const ending of this.endings) await ending()
  }

  /** Called at the end of the search. */
  atEnd(ending: () => Promise<void>): void {
    this.endings.push(ending)
  }

  acted(): void {
    this.acts = true
  }

  next(predicate: string): string {
    const value = this.args[this.at++]
    if (value === undefined) throw new CommandFailure(`missing argument to \`${predicate}'`)
    return value
  }

  peek(): string | undefined {
    return this.args[this.at]
  }

  private async comma(): Promise<Expression> {
    let left = await this.or()
    while (this.args[this.at] === ',') {
      this.at++
      const [first, second] = [left, await this.or()]
      left = async (item) => {
        await first(item)
        return second(item)
      }
    }
    return left
  }

  private async or(): Promise<Expression> {
    let left = await this.and()
    while (this.args[this.at] === '-o' || this.args[this.at] === '-or') {
      this.at++
      const [first, second] = [left, await this.and()]
      left = async (item) => (await first(item)) || second(item)
    }
    return left
  }

  private async and(): Promise<Expression> {
    let left = await this.not()
    for (;;) {
      const next = this.args[this.at]
      if (next === undefined || next === ')' || next === ',' || next === '-o' || next === '-or') return left
      if (next === '-a' || next === '-and') this.at++
      const [first, second] = [left, await this.not()]
      left = async (item) => (await first(item)) && second(item)
    }
  }

  private async not(): Promise<Expression> {
    if (this.args[this.at] !== '!' && this.args[this.at] !== '-not') return this.primary()
    this.at++
    const inner = await this.not()
    return async (item) => !(await inner(item))
  }

  private async primary(): Promise<Expression> {
    const word = this.args[this.at++]
    if (word === undefined) throw new CommandFailure('expected an expression after the operator')
    if (word === '(') {
      const inner = await this.comma()
      if (this.args[this.at++] !== ')')
        throw new CommandFailure("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
      return inner
    }
    const make = tests.get(word) ?? actions.get(word)
    if (!make) throw new CommandFailure(word.startsWith('-') ? `unknown predicate \`${word}'` : `paths must precede expression: \`${word}'`)
    return make(this, word)
  }
}
