// over 300 lines because expressions, what is assigned to and calls hold each other

import { Cell } from './arrays.js'
import { type BuiltinFunction, findBuiltinFunction } from './builtins.js'
import type { AwkDialect } from './dialect.js'
import { AwkFailure } from './failure.js'
import { getline } from './getline.js'
import { compileRegExp, FarJump, type Jump, type Machine } from './machine.js'
import { after, type Maybe } from './maybe.js'
import type { Expression } from './tree.js'
import { compareValues, isTrue, unset, type Value } from './values.js'

export type Evaluate = (machine: Machine) => Maybe<Value>
export type EvaluateRegExp = (machine: Machine) => Maybe<RegExp>

/** A function of the program: its body is compiled after all names are known. */
export interface UserFunction {
  readonly parameters: readonly string[]
  body: (machine: Machine) => Maybe<Jump | undefined>
}

/** Where something can be assigned. */
export interface Target {
  /** Finds the place once, so that `a[i++] += 2` counts once. */
  place(machine: Machine): Maybe<Place>
}
export interface Place {
  get(): Value
  set(value: Value): void
}

/** Compiles expressions to functions over a machine. Names are looked up here, once. */
export class ExpressionCompiler {
  readonly globals: Map<string, Cell>
  readonly functions: ReadonlyMap<string, UserFunction>
  private readonly dialect: AwkDialect
  /** Parameters of the function that is compiled. */
  parameters: readonly string[] = []

  constructor(globals: Map<string, Cell>, functions: ReadonlyMap<string, UserFunction>, dialect: AwkDialect) {
    this.globals = globals
    this.functions = functions
    this.dialect = dialect
  }

  /** A constant that is malformed ends the program before it begins. */
  private check(source: string): void {
    compileRegExp(source, this.dialect)
  }

  /** The cell that a name stands for, at run time. */
  cellOf(name: string): (machine: Machine) => Cell {
    const parameter = this.parameters.lastIndexOf(name)
    if (parameter !== -1) return (machine) => machine.frame[parameter]!
    if (this.functions.has(name)) throw new AwkFailure(`syntax error: function ${name} is used as a variable`)
    let cell = this.globals.get(name)
    if (!cell) {
      cell = new Cell()
      this.globals.set(name, cell)
    }
    const found = cell
    return () => found
  }

  private isCount(name: string): boolean {
    return name === 'NF' && !this.parameters.includes(name)
  }

  expression(tree: Expression): Evaluate {
    switch (tree.type) {
      case 'number':
      case 'string': {
        const { value } = tree
        return () => value
      }
      case 'regexp': {
        const { source } = tree
        this.check(source)
        return (machine) => (machine.regExp(source).test(machine.record.text) ? 1 : 0)
      }
      case 'name': {
        if (this.isCount(tree.name)) return (machine) => machine.record.count
        const cell = this.cellOf(tree.name)
        return (machine) => cell(machine).value
      }
      case 'element':
      case 'assign':
      case 'step':
        return this.assigning(tree)
      case 'field':
        return this.one(tree.index, (index, machine) => machine.field(machine.number(index)))
      case 'group': {
        if (tree.list.length > 1) throw new AwkFailure('syntax error at or near ,')
        return this.expression(tree.list[0]!)
      }
      case 'ternary': {
        const [test, yes, no] = [this.expression(tree.test), this.expression(tree.yes), this.expression(tree.no)]
        return (machine) => after(test(machine), (value) => (isTrue(value) ? yes(machine) : no(machine)))
      }
      case 'logic': {
        const [left, right] = [this.expression(tree.left), this.expression(tree.right)]
        const truth = (value: Value) => (isTrue(value) ? 1 : 0)
        return tree.operator === '&&'
          ? (machine) => after(left(machine), (value) => (isTrue(value) ? after(right(machine), truth) : 0))
          : (machine) => after(left(machine), (value) => (isTrue(value) ? 1 : after(right(machine), truth)))
      }
      case 'match': {
        const expression = this.regExp(tree.right)
        const { negated } = tree
        return this.one(tree.left, (value, machine) =>
          after(expression(machine), (found) => (found.test(machine.text(value)) !== negated ? 1 : 0)),
        )
      }
      case 'in': {
        const cell = this.cellOf(tree.name)
        const index = this.list(tree.index)
        return (machine) => after(index(machine), (values) => (cell(machine).elements(machine.dialect).has(machine.key(values)) ? 1 : 0))
      }
      case 'unary':
        if (tree.operator === '!') return this.one(tree.operand, (value) => (isTrue(value) ? 0 : 1))
        if (tree.operator === '-') return this.one(tree.operand, (value, machine) => -machine.number(value))
        return this.one(tree.operand, (value, machine) => machine.number(value))
      case 'binary':
        return this.binary(tree.operator, tree.left, tree.right)
      case 'call':
        return this.call(tree)
      case 'builtin': {
        const builtin = findBuiltinFunction(tree.name)
        return this.builtin(builtin, tree)
      }
      case 'getline': {
        const source = tree.source && this.expression(tree.source)
        const target = tree.target && this.target(tree.target)
        return (machine) => getline(machine, tree.from, source, target)
      }
    }
  }

  private builtin(builtin: BuiltinFunction, tree: Extract<Expression, { type: 'builtin' }>): Evaluate {
    return builtin(this, tree.args)
  }

  one(tree: Expression, then: (value: Value, machine: Machine) => Maybe<Value>): Evaluate {
    const inner = this.expression(tree)
    return (machine) => {
      const value = inner(machine)
      return value instanceof Promise ? value.then((each) => then(each, machine)) : then(value, machine)
    }
  }

  two(left: Expression, right: Expression, then: (left: Value, right: Value, machine: Machine) => Maybe<Value>): Evaluate {
    const [first, second] = [this.expression(left), this.expression(right)]
    return (machine) => {
      const a = first(machine)
      if (a instanceof Promise) return a.then(async (value) => then(value, await second(machine), machine))
      const b = second(machine)
      return b instanceof Promise ? b.then((value) => then(a, value, machine)) : then(a, b, machine)
    }
  }

  list(trees: readonly Expression[]): (machine: Machine) => Maybe<Value[]> {
    const all = trees.map((tree) => this.expression(tree))
    return (machine) => {
      const values: Value[] = []
      for (let at = 0; at < all.length; at++) {
        const value = all[at]!(machine)
        if (value instanceof Promise) return rest(machine, all, at, values, value)
        values.push(value)
      }
      return values
    }
  }

  /** An operand that is matched: a constant expression, or a text that is one. */
  regExp(tree: Expression): EvaluateRegExp {
    const only = tree.type === 'group' && tree.list.length === 1 ? tree.list[0]! : tree
    if (only.type === 'regexp') {
      const { source } = only
      this.check(source)
      return (machine) => machine.regExp(source)
    }
    const value = this.expression(only)
    return (machine) => after(value(machine), (each) => machine.regExp(machine.text(each)))
  }

  private binary(operator: string, left: Expression, right: Expression): Evaluate {
    if (operator === ' ') return this.two(left, right, (a, b, machine) => machine.text(a) + machine.text(b))
    const compare = comparisons[operator]
    if (compare) return this.two(left, right, (a, b, machine) => (compare(ordered(compareValues(a, b, machine.text), machine)) ? 1 : 0))
    return this.two(left, right, (a, b, machine) => compute(operator, machine.number(a), machine.number(b), machine))
  }

  target(tree: Expression): Target {
    switch (tree.type) {
      case 'name': {
        if (this.isCount(tree.name)) {
          return {
            place: (machine) => ({
              get: () => machine.record.count,
              set: (value) => {
                const count = machine.number(value)
                if (!(count >= 0 && count <= 1_000_000)) throw new AwkFailure('run time error: NF is set to a negative or too large value')
                machine.record.resize(Math.trunc(count))
              },
            }),
          }
        }
        const cell = this.cellOf(tree.name)
        return {
          place: (machine) => {
            const found = cell(machine)
            return {
              get: () => found.value,
              set: (value) => {
                found.value = value
              },
            }
          },
        }
      }
      case 'field': {
        const index = this.expression(tree.index)
        return {
          place: (machine) =>
            after(index(machine), (value) => {
              const at = Math.trunc(machine.number(value))
              return { get: () => machine.field(at), set: (each) => machine.setField(at, each) }
            }),
        }
      }
      case 'element': {
        const cell = this.cellOf(tree.name)
        const index = this.list(tree.index)
        return {
          place: (machine) =>
            after(index(machine), (values) => {
              const array = cell(machine).elements(machine.dialect)
              const key = machine.key(values)
              const byNumber = isIndex(values)
              return { get: () => array.get(key, byNumber), set: (each) => array.set(key, each, byNumber) }
            }),
        }
      }
      case 'group':
        return this.target(tree.list[0]!)
      default:
        throw new AwkFailure('syntax error: only a variable, a field or an element can be assigned')
    }
  }

  private assigning(tree: Extract<Expression, { type: 'element' | 'assign' | 'step' }>): Evaluate {
    if (tree.type === 'element') {
      const target = this.target(tree)
      return (machine) => after(target.place(machine), (place) => place.get())
    }
    const target = this.target(tree.target)
    if (tree.type === 'step') {
      const { by, prefix } = tree
      return (machine) =>
        after(target.place(machine), (place) => {
          const before = machine.number(place.get())
          place.set(before + by)
          return prefix ? before + by : before
        })
    }
    const value = this.expression(tree.value)
    if (tree.operator === '=') {
      // The value first: `$0 = $0` and `a[n++] = n` are read so by mawk and gawk alike.
      return (machine) =>
        after(value(machine), (each) =>
          after(target.place(machine), (place) => {
            place.set(each)
            return each
          }),
        )
    }
    const operator = tree.operator.slice(0, -1)
    return (machine) =>
      after(value(machine), (each) =>
        after(target.place(machine), (place) => {
          const result = compute(operator, machine.number(place.get()), machine.number(each), machine)
          place.set(result)
          return result
        }),
      )
  }

  private call(tree: Extract<Expression, { type: 'call' }>): Evaluate {
    const called = this.functions.get(tree.name)
    if (!called) throw new AwkFailure(`line ${tree.line}: function ${tree.name} never defined`)
    if (tree.args.length > called.parameters.length) throw new AwkFailure(`line ${tree.line}: too many arguments in call to ${tree.name}`)
    const args = tree.args.map((arg) => this.argument(arg))
    return (machine) => {
      const cells: Cell[] = []
      const run = (): Maybe<Value> => {
        for (let at = cells.length; at < args.length; at++) {
          const cell = args[at]!(machine)
          if (cell instanceof Promise)
            return cell.then((each) => {
              cells.push(each)
              return run()
            })
          cells.push(cell)
        }
        while (cells.length < called.parameters.length) cells.push(new Cell())
        return enter(machine, called, cells)
      }
      return run()
    }
  }

  /** A bare name may be an array, or become one inside. */
  private argument(tree: Expression): (machine: Machine) => Maybe<Cell> {
    if (tree.type === 'name' && !this.isCount(tree.name)) {
      const cell = this.cellOf(tree.name)
      return (machine) => cell(machine).lend()
    }
    const value = this.expression(tree)
    return (machine) => after(value(machine), Cell.of)
  }
}

async function rest(machine: Machine, all: readonly Evaluate[], from: number, values: Value[], first: Promise<Value>): Promise<Value[]> {
  values.push(await first)
  for (let at = from + 1; at < all.length; at++) values.push(await all[at]!(machine))
  return values
}

/** Whether mawk keeps the key as a number. */
function isIndex(values: readonly Value[]): boolean {
  const [only] = values
  return values.length === 1 && typeof only === 'number' && Number.isInteger(only) && Math.abs(only) < 2147483647
}

function enter(machine: Machine, called: UserFunction, cells: readonly Cell[]): Maybe<Value> {
  const { frame } = machine
  const leave = (jump: Jump | undefined): Value => {
    const value = machine.returned
    leaveAnyhow()
    if (jump === 'exit' || jump === 'next' || jump === 'nextfile') throw new FarJump(jump)
    return jump === 'return' ? value : unset
  }
  const leaveAnyhow = () => {
    machine.frame = frame
    machine.depth--
    machine.returned = unset
  }
  machine.enter()
  machine.frame = cells
  let result: Maybe<Jump | undefined>
  try {
    result = called.body(machine)
  } catch (error) {
    leaveAnyhow()
    throw error
  }
  if (!(result instanceof Promise)) return leave(result)
  return result.then(leave, (error: unknown) => {
    leaveAnyhow()
    throw error
  })
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

function compute(operator: string, a: number, b: number, machine: Machine): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      if (b === 0 && machine.dialect !== 'mawk') throw new AwkFailure('run time error: division by zero')
      return a / b
    case '%':
      if (b === 0 && machine.dialect !== 'mawk') throw new AwkFailure('run time error: division by zero in %')
      return a % b
    default:
      return a ** b
  }
}

/** mawk takes what is neither smaller nor larger for equal, also where one is no number. */
const ordered = (order: number, { dialect }: Machine): number => (Number.isNaN(order) && dialect === 'mawk' ? 0 : order)
