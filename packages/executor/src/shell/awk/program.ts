import type { Call } from '../call.js'
import { Cell } from './arrays.js'
import { type Evaluate, ExpressionCompiler, type UserFunction } from './compile-expression.js'
import { compileStatement, type Execute } from './compile-statement.js'
import type { AwkDialect } from './dialect.js'
import { FarJump, type Jump, Machine } from './machine.js'
import { mainInput } from './main-input.js'
import type { Maybe } from './maybe.js'
import { parseAwk } from './parser.js'
import { unescaped } from './strings.js'
import type { Rule } from './tree.js'
import { fromInput, isTrue, unset, type Value } from './values.js'

export interface AwkInvocation {
  readonly dialect: AwkDialect
  readonly source: string
  /** `-F`, escapes read. */
  readonly separator: string | undefined
  /** `-v name=value`. */
  readonly assignments: readonly (readonly [string, string])[]
  readonly operands: readonly string[]
}

interface CompiledRule {
  readonly pattern: Evaluate | undefined
  readonly until: Evaluate | undefined
  readonly body: Execute
  /** Within a range. */
  active: boolean
}

interface Compiled {
  readonly begin: readonly Execute[]
  readonly rules: readonly CompiledRule[]
  readonly end: readonly Execute[]
}

const initial: readonly (readonly [string, Value])[] = [
  ['NR', 0],
  ['FNR', 0],
  ['FS', ' '],
  ['OFS', ' '],
  ['ORS', '\n'],
  ['RS', '\n'],
  ['SUBSEP', '\x1c'],
  ['CONVFMT', '%.6g'],
  ['OFMT', '%.6g'],
  ['FILENAME', ''],
  ['ARGC', 0],
]

/** Runs an awk program over its operands. @returns its exit status */
export async function runAwk(call: Call, invocation: AwkInvocation): Promise<number> {
  const globals = new Map(initial.map(([name, value]) => [name, Cell.of(value)]))
  for (const [name, value] of [
    ['RSTART', 0],
    ['RLENGTH', -1],
  ] as const)
    globals.set(name, Cell.of(invocation.dialect === 'mawk' ? unset : value))
  globals.set('ARGV', new Cell())
  globals.set('ENVIRON', new Cell())
  const program = compile(invocation, globals)
  const machine = new Machine(call, invocation.dialect, globals)
  prepare(machine, invocation, globals)
  const ownFirst = invocation.dialect !== 'mawk'
  try {
    await runParts(machine, program)
  } catch (error) {
    mainInput(machine).skip()
    await machine.streams.closeAll(ownFirst).catch(() => {})
    throw error
  }
  // Whoever writes into our pipe learns that nobody reads it any more.
  mainInput(machine).skip()
  await machine.streams.closeAll(ownFirst)
  return machine.exitStatus === 0 ? call.status : machine.exitStatus
}

function compile(invocation: AwkInvocation, globals: Map<string, Cell>): Compiled {
  const tree = parseAwk(invocation.source, invocation.dialect)
  const functions = new Map<string, UserFunction>()
  for (const [name, { parameters }] of tree.functions) functions.set(name, { parameters, body: () => undefined })
  const compiler = new ExpressionCompiler(globals, functions, invocation.dialect)
  for (const [name, { parameters, body }] of tree.functions) {
    compiler.parameters = parameters
    functions.get(name)!.body = compileStatement(compiler, body)
  }
  compiler.parameters = []
  return {
    begin: tree.begin.map((body) => compileStatement(compiler, body)),
    rules: tree.rules.map((rule) => compileRule(compiler, rule)),
    end: tree.end.map((body) => compileStatement(compiler, body)),
  }
}

function compileRule(compiler: ExpressionCompiler, { pattern, until, body }: Rule): CompiledRule {
  return {
    pattern: pattern && compiler.expression(pattern),
    until: until && compiler.expression(until),
    body: compileStatement(compiler, body ?? { type: 'print', args: [], to: undefined }),
    active: false,
  }
}

function prepare(machine: Machine, { dialect, separator, assignments, operands }: AwkInvocation, globals: Map<string, Cell>): void {
  const { call } = machine
  const args = machine.cell('ARGV').elements(dialect)
  const names = [call.name, ...operands]
  for (const [at, name] of names.entries()) args.set(String(at), fromInput(name), true)
  machine.cell('ARGC').value = names.length
  const environment = machine.cell('ENVIRON').elements(dialect)
  for (const [name, value] of call.process.env) environment.set(name, fromInput(value))
  if (separator !== undefined) machine.cell('FS').value = separator
  for (const [name, value] of assignments) {
    const cell = globals.get(name)
    if (cell || name === 'NF') machine.assignText(cell ?? new Cell(), name, unescaped(value))
  }
}

async function runParts(machine: Machine, program: Compiled): Promise<void> {
  if ((await runAll(machine, program.begin)) === 'exit' && machine.dialect === 'busybox') return
  const exited = machine.exited
  if (!exited && (program.rules.length > 0 || program.end.length > 0)) await runRecords(machine, program)
  machine.exited = false
  await runAll(machine, program.end)
}

/** Runs bodies until one exits. */
async function runAll(machine: Machine, bodies: readonly Execute[]): Promise<Jump | undefined> {
  for (const body of bodies) {
    const jump = await jumped(() => body(machine))
    if (jump === 'exit') {
      machine.exited = true
      return jump
    }
  }
  return undefined
}

async function jumped(body: () => Maybe<Jump | undefined>): Promise<Jump | undefined> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof FarJump) return error.jump
    throw error
  }
}

async function runRecords(machine: Machine, program: Compiled): Promise<void> {
  const input = mainInput(machine)
  for (;;) {
    const next = input.next(machine)
    const text = next instanceof Promise ? await next : next
    if (text === undefined) return
    machine.assignRecord(text)
    let jump: Maybe<Jump | undefined>
    try {
      jump = runRules(machine, program.rules, 0)
      if (jump instanceof Promise) jump = await jump
    } catch (error) {
      if (!(error instanceof FarJump)) throw error
      jump = error.jump
    }
    if (jump === 'exit') {
      machine.exited = true
      return
    }
    if (jump === 'nextfile') input.skip()
    const turn = machine.round()
    if (turn) await turn
  }
}

function runRules(machine: Machine, rules: readonly CompiledRule[], from: number): Maybe<Jump | undefined> {
  for (let at = from; at < rules.length; at++) {
    const jump = runRule(machine, rules[at]!)
    if (jump instanceof Promise) return jump.then((each) => each ?? runRules(machine, rules, at + 1))
    if (jump !== undefined) return jump
  }
  return undefined
}

function runRule(machine: Machine, rule: CompiledRule): Maybe<Jump | undefined> {
  if (!rule.pattern) return rule.body(machine)
  if (rule.until) return runRange(machine, rule, rule.pattern, rule.until)
  const value = rule.pattern(machine)
  if (value instanceof Promise) return value.then((each) => (isTrue(each) ? rule.body(machine) : undefined))
  return isTrue(value) ? rule.body(machine) : undefined
}

async function runRange(machine: Machine, rule: CompiledRule, from: Evaluate, until: Evaluate): Promise<Jump | undefined> {
  if (!rule.active) {
    if (!isTrue(await from(machine))) return undefined
    rule.active = true
  }
  if (isTrue(await until(machine))) rule.active = false
  return rule.body(machine)
}
