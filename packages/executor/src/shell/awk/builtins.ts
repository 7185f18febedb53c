import { formatDate } from '../text/dates.js'
import { sorted } from './array-functions.js'
// cycle-ok: arguments of functions are expressions
import type { Evaluate, ExpressionCompiler } from './compile-expression.js'
import { AwkFailure } from './failure.js'
import { formatText } from './format.js'
import { type Machine, splitBy } from './machine.js'
import { after, type Maybe } from './maybe.js'
import { generalSubstitute, substitute } from './substitute.js'
import type { Expression } from './tree.js'
import { fromInput, textToNumber, type Value } from './values.js'

/** Compiles a call of a builtin function. */
export type BuiltinFunction = (compiler: ExpressionCompiler, args: readonly Expression[]) => Evaluate

/** A function of values alone. */
const plain =
  (least: number, most: number, body: (args: readonly Value[], machine: Machine) => Maybe<Value>): BuiltinFunction =>
  (compiler, args) => {
    if (args.length < least || args.length > most) throw new AwkFailure('syntax error: wrong number of arguments')
    const list = compiler.list(args)
    return (machine) => after(list(machine), (values) => body(values, machine))
  }

const numeric = (body: (value: number) => number): BuiltinFunction => plain(1, 1, ([value], machine) => body(machine.number(value!)))

const length: BuiltinFunction = (compiler, args) => {
  const [only] = args
  if (!only) return (machine) => machine.record.text.length
  if (only.type === 'name' && only.name !== 'NF') {
    const cell = compiler.cellOf(only.name)
    return (machine) => {
      const found = cell(machine)
      return found.isArray ? found.elements(machine.dialect).size : machine.text(found.value).length
    }
  }
  return compiler.one(only, (value, machine) => machine.text(value).length)
}

const substr = plain(2, 3, ([text, from, count], machine) => {
  const whole = machine.text(text!)
  const start = machine.number(from!)
  const wanted = count === undefined ? Infinity : machine.number(count)
  if (machine.dialect === 'mawk') {
    const first = Math.trunc(start)
    // mawk counts the length from the first character, and more by what lies before it.
    const size = Math.trunc(first < 1 && Number.isFinite(wanted) ? wanted - first : Math.min(wanted, whole.length))
    return size <= 0 ? '' : whole.slice(Math.max(first, 1) - 1, Math.max(first, 1) - 1 + size)
  }
  const first = Math.round(start)
  const end = wanted === Infinity ? Infinity : first + Math.round(wanted)
  return end <= 1 || !(end > first) ? '' : whole.slice(Math.max(first, 1) - 1, Math.min(end - 1, whole.length))
})

const index = plain(2, 2, ([text, part], machine) => machine.text(text!).indexOf(machine.text(part!)) + 1)

const split: BuiltinFunction = (compiler, args) => {
  const [source, name, separator] = args
  if (!source || name?.type !== 'name') throw new AwkFailure('syntax error: split needs a text and an array')
  const text = compiler.expression(source)
  const cell = compiler.cellOf(name.name)
  const by: ((machine: Machine) => Maybe<RegExp | string>) | undefined =
    separator &&
    (separator.type === 'regexp'
      ? compiler.regExp(separator)
      : (compiler.one(separator, (value, machine) => machine.text(value)) as Evaluate as (machine: Machine) => Maybe<string>))
  return (machine) =>
    after(text(machine), (value) =>
      after(by ? by(machine) : machine.textOf('FS'), (how) => {
        const whole = machine.text(value)
        const parts = typeof how === 'string' ? machine.splitterOf(how)(whole) : splitBy(whole, how)
        const array = cell(machine).elements(machine.dialect)
        array.clear()
        for (const [at, part] of parts.entries()) array.set(String(at + 1), fromInput(part), true)
        return parts.length
      }),
    )
}

const match: BuiltinFunction = (compiler, args) => {
  const [source, pattern, name] = args
  if (!source || !pattern) throw new AwkFailure('syntax error: match needs a text and a regular expression')
  const text = compiler.expression(source)
  const expression = compiler.regExp(pattern)
  const groups = name?.type === 'name' ? compiler.cellOf(name.name) : undefined
  return (machine) => {
    if (groups && machine.dialect !== 'gawk') throw new AwkFailure('syntax error: match with three arguments')
    return after(text(machine), (value) =>
      after(expression(machine), (found) => {
        const result = found.exec(machine.text(value))
        machine.cell('RSTART').value = result ? result.index + 1 : 0
        machine.cell('RLENGTH').value = result ? result[0].length : -1
        if (groups) {
          const array = groups(machine).elements(machine.dialect)
          array.clear()
          for (const [at, each] of (result ?? []).entries()) if (each !== undefined) array.set(String(at), fromInput(each))
        }
        return result ? result.index + 1 : 0
      }),
    )
  }
}

const srand = plain(0, 1, ([seed], machine) => {
  const before = machine.seed
  machine.seed = seed === undefined ? Math.floor(machine.call.process.run.scheduler.now() / 1000) : machine.number(seed)
  machine.random = machine.seed >>> 0
  return before
})

/** A generator of its own: no program can rely on the numbers of another awk. */
const rand = plain(0, 0, (_args, machine) => {
  machine.random = (machine.random + 0x6d2b79f5) >>> 0
  let value = machine.random
  value = Math.imul(value ^ (value >>> 15), value | 1)
  value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
  return ((value ^ (value >>> 14)) >>> 0) / 4294967296
})

const strftime = plain(0, 3, ([format, time], machine) => {
  const seconds = time === undefined ? machine.call.process.run.scheduler.now() / 1000 : machine.number(time)
  return formatDate(format === undefined ? '%c' : machine.text(format), Math.trunc(seconds) * 1000)
})

const mktime = plain(1, 2, ([text], machine) => {
  const parts = machine.text(text!).trim().split(/\s+/).map(Number)
  const [year, month, day, hour, minute, second] = parts
  if (parts.length < 6 || parts.some(Number.isNaN)) return -1
  return Date.UTC(year!, month! - 1, day, hour, minute, second) / 1000
})

const bits = (join: (a: bigint, b: bigint) => bigint): BuiltinFunction =>
  plain(1, 100, (args, machine) => Number(args.map((arg) => BigInt(Math.trunc(machine.number(arg)))).reduce(join)))

const functions: Readonly<Record<string, BuiltinFunction>> = {
  length,
  substr,
  index,
  split,
  match,
  sub: substitute(false),
  gsub: substitute(true),
  gensub: generalSubstitute,
  sprintf: plain(1, 1000, ([format, ...rest], machine) => formatText(machine.text(format!), rest, machine)),
  sin: numeric(Math.sin),
  cos: numeric(Math.cos),
  exp: numeric(Math.exp),
  log: numeric(Math.log),
  sqrt: numeric(Math.sqrt),
  int: numeric((value) => Math.trunc(value) + 0),
  atan2: plain(2, 2, ([y, x], machine) => Math.atan2(machine.number(y!), machine.number(x!))),
  rand,
  srand,
  tolower: plain(1, 1, ([text], machine) => machine.text(text!).replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  toupper: plain(1, 1, ([text], machine) => machine.text(text!).replace(/[a-z]+/g, (part) => part.toUpperCase())),
  strtonum: plain(1, 1, ([value], machine) => {
    const text = machine.text(value!).trim()
    if (/^[-+]?0[xX][0-9a-fA-F]+/.test(text)) return textToNumber(text, 'mawk')
    return /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : machine.number(value!)
  }),
  systime: plain(0, 0, (_args, machine) => Math.floor(machine.call.process.run.scheduler.now() / 1000)),
  strftime,
  mktime,
  and: bits((a, b) => a & b),
  or: bits((a, b) => a | b),
  xor: bits((a, b) => a ^ b),
  compl: plain(1, 1, ([value], machine) => Number(BigInt.asUintN(53, ~BigInt(Math.trunc(machine.number(value!)))))),
  lshift: bits((a, b) => a << b),
  rshift: bits((a, b) => a >> b),
  asort: sorted('values'),
  asorti: sorted('keys'),
  system: plain(1, 1, ([line], machine) => machine.streams.system(machine.text(line!)).then((status) => signalled(status, machine))),
  close: plain(1, 2, ([name], machine) => machine.streams.close(machine.text(name!)).then((status) => signalled(status, machine))),
  fflush: plain(0, 1, (_args, machine) => machine.streams.flush().then(() => 0)),
}

/** A command that a signal ended counts from 256 in mawk and gawk. */
function signalled(status: number, machine: Machine): number {
  return status > 128 && status < 165 && machine.dialect !== 'busybox' ? status + 128 : status
}

export function findBuiltinFunction(name: string): BuiltinFunction {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (!found) throw new AwkFailure(`function ${name} never defined`)
  return found
}
