import type { Evaluate, ExpressionCompiler } from './compile-expression.js'
import { AwkFailure } from './failure.js'
import { formatText, MissingArgument } from './format.js'
import type { Jump, Machine } from './machine.js'
import { after, type Maybe } from './maybe.js'
import type { Redirection, Statement } from './tree.js'
import { isTrue, type Value } from './values.js'

export type Execute = (machine: Machine) => Maybe<Jump | undefined>

const nothing: Execute = () => undefined

/** Compiles a statement to a function that runs it. */
export function compileStatement(compiler: ExpressionCompiler, tree: Statement): Execute {
  const inner = (statement: Statement | undefined) => (statement ? compileStatement(compiler, statement) : nothing)
  switch (tree.type) {
    case 'block':
      return block(tree.body.map((each) => inner(each)))
    case 'expression': {
      const expression = compiler.expression(tree.expression)
      return (machine) => {
        const value = expression(machine)
        return value instanceof Promise ? value.then(() => undefined) : undefined
      }
    }
    case 'print':
      return compilePrint(compiler, tree)
    case 'printf':
      return compilePrintf(compiler, tree)
    case 'if': {
      const test = compiler.expression(tree.test)
      const [yes, no] = [inner(tree.yes), inner(tree.no)]
      return (machine) => after(test(machine), (value) => (isTrue(value) ? yes(machine) : no(machine)))
    }
    case 'while': {
      const [test, body] = [compiler.expression(tree.test), inner(tree.body)]
      return loop((machine) => after(test(machine), (value) => (isTrue(value) ? body(machine) : 'ended')))
    }
    case 'do': {
      const [test, body] = [compiler.expression(tree.test), inner(tree.body)]
      return loop((machine) =>
        after(body(machine), (jump) => {
          if (jump !== undefined && jump !== 'continue') return jump
          return after(test(machine), (value) => (isTrue(value) ? undefined : 'ended'))
        }),
      )
    }
    case 'for': {
      const [start, step, body] = [inner(tree.start), inner(tree.step), inner(tree.body)]
      const test = tree.test ? compiler.expression(tree.test) : () => 1
      const rounds = loop((machine) =>
        after(test(machine), (value) => {
          if (!isTrue(value)) return 'ended'
          return after(body(machine), (jump) => (jump !== undefined && jump !== 'continue' ? jump : step(machine)))
        }),
      )
      return (machine) => after(start(machine), () => rounds(machine))
    }
    case 'forIn':
      return compileForIn(compiler, tree)
    case 'delete': {
      const cell = compiler.cellOf(tree.name)
      if (!tree.index) {
        return (machine) => {
          cell(machine).elements(machine.dialect).clear()
          return undefined
        }
      }
      const index = compiler.list(tree.index)
      return (machine) =>
        after(index(machine), (values) => {
          cell(machine).elements(machine.dialect).delete(machine.key(values))
          return undefined
        })
    }
    case 'exit':
    case 'return': {
      const { type } = tree
      const value = tree.value ? compiler.expression(tree.value) : undefined
      if (!value) return () => type
      return (machine) =>
        after(value(machine), (each) => {
          if (type === 'exit') machine.exitStatus = Math.trunc(machine.number(each)) & 255
          else machine.returned = each
          return type
        })
    }
    default: {
      const { type } = tree
      return () => type
    }
  }
}

function block(body: readonly Execute[]): Execute {
  const from = (machine: Machine, start: number): Maybe<Jump | undefined> => {
    for (let at = start; at < body.length; at++) {
      const jump = body[at]!(machine)
      if (jump instanceof Promise) return jump.then((each) => each ?? from(machine, at + 1))
      if (jump !== undefined) return jump
    }
    return undefined
  }
  const [only] = body
  return body.length === 1 && only ? only : (machine) => from(machine, 0)
}

/** Runs rounds until one says that the loop has ended, or jumps out of it. */
function loop(round: (machine: Machine) => Maybe<Jump | 'ended' | undefined>): Execute {
  const result = (jump: Jump | 'ended'): Jump | undefined => (jump === 'ended' || jump === 'break' ? undefined : jump)
  const goesOn = (jump: Jump | 'ended' | undefined) => jump === undefined || jump === 'continue'
  return (machine) => {
    for (;;) {
      const turn = machine.round()
      if (turn) return turn.then(() => waiting(machine))
      const jump = round(machine)
      if (jump instanceof Promise) return waiting(machine, jump)
      if (!goesOn(jump)) return result(jump!)
    }
  }

  async function waiting(machine: Machine, first?: Promise<Jump | 'ended' | undefined>): Promise<Jump | undefined> {
    for (let jump = await (first ?? round(machine)); ; ) {
      if (!goesOn(jump)) return result(jump!)
      await machine.round()
      jump = await round(machine)
    }
  }
}

function compileForIn(compiler: ExpressionCompiler, tree: Extract<Statement, { type: 'forIn' }>): Execute {
  const variable = compiler.target({ type: 'name', name: tree.variable })
  const array = compiler.cellOf(tree.array)
  const body = compileStatement(compiler, tree.body)
  return (machine) => {
    const elements = array(machine).elements(machine.dialect)
    const keys = elements.keys()
    let at = 0
    const place = variable.place(machine)
    const round = (): Maybe<Jump | 'ended' | undefined> => {
      if (at >= keys.length) return 'ended'
      const key = keys[at++]!
      return after(place, (where) => {
        where.set(key)
        return body(machine)
      })
    }
    return loop(round)(machine)
  }
}

type Sink = (machine: Machine, text: string) => undefined | Promise<void>

function compileSink(compiler: ExpressionCompiler, to: Redirection | undefined): Sink {
  if (!to) {
    return (machine, text) => {
      machine.call.out(text)
      return machine.round()
    }
  }
  const target = compiler.expression(to.target)
  return (machine, text) => {
    const write = (value: Value) => {
      const name = machine.text(value)
      if (name === '') throw new AwkFailure('run time error: the name of an output is empty')
      return machine.streams.write(to.kind, name, text)
    }
    const value = target(machine)
    return value instanceof Promise ? value.then(write) : write(value)
  }
}

/** The text is made before the output is looked at, as `print x > x++` needs it. */
function printer(sink: Sink, make: (machine: Machine) => Maybe<string>): Execute {
  return (machine) => {
    const text = make(machine)
    if (text instanceof Promise) return text.then(async (each) => void (await sink(machine, each)) as undefined)
    const written = sink(machine, text)
    return written instanceof Promise ? written.then(() => undefined) : undefined
  }
}

function compilePrint(compiler: ExpressionCompiler, tree: Extract<Statement, { type: 'print' | 'printf' }>): Execute {
  const sink = compileSink(compiler, tree.to)
  if (tree.args.length === 0) return printer(sink, (machine) => machine.record.text + machine.textOf('ORS'))
  const values: readonly Evaluate[] = tree.args.map((arg) => compiler.expression(arg))
  const [only] = values
  if (values.length === 1 && only)
    return printer(sink, (machine) => after(only(machine), (value) => machine.printed(value) + machine.textOf('ORS')))
  const list = compiler.list(tree.args)
  return printer(sink, (machine) =>
    after(list(machine), (all) => all.map((each) => machine.printed(each)).join(machine.textOf('OFS')) + machine.textOf('ORS')),
  )
}

function compilePrintf(compiler: ExpressionCompiler, tree: Extract<Statement, { type: 'print' | 'printf' }>): Execute {
  if (tree.args.length === 0) throw new AwkFailure('syntax error: printf needs a format')
  const list = compiler.list(tree.args)
  return printer(compileSink(compiler, tree.to), (machine) =>
    after(list(machine), ([format, ...values]) => {
      try {
        return formatText(machine.text(format!), values, machine)
      } catch (error) {
        if (error instanceof MissingArgument && machine.dialect === 'mawk') machine.call.out(formatText(error.before, error.args, machine))
        throw error
      }
    }),
  )
}
