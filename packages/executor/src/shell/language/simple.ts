import { findBuiltin } from '../builtins/index.js'
import type { Builtin } from '../builtins/types.js'
import { launch } from '../launch.js'
import type { Process } from '../system/process.js'
import { type ArrayArgument, arrayArgument, assign } from './assign.js'
import { expandText, expandWord, expandWords } from './expand.js'
import { runFunction } from './function.js'
import { traceWord } from './quote.js'
import { redirect, withRedirections } from './redirect.js'
import type { Shell } from './shell.js'
import { CommandFault, ExitShell, FatalFault, RedirectionFault } from './signals.js'
import type { Assignment, Command, WordNode } from './syntax.js'
import type { Variable } from './variables.js'
import { literalText, plainText } from './words.js'

const declaring = new Set(['declare', 'typeset', 'local', 'export', 'readonly'])

/** The words of a simple command, with the array values that `declare a=(…)` carries. */
interface Words {
  readonly argv: string[]
  readonly arrays: Map<number, ArrayArgument>
}

/** Runs a simple command: expand, redirect, assign, then function, builtin or program. */
export async function runSimple(shell: Shell, command: Command<'SimpleCommand'>): Promise<void> {
  shell.substitutionStatus = 0
  const mark = shell.substituted.length
  if (shell.dialect !== 'bash') {
    const appended = command.assignments.find((each) => each.append)
    if (appended) {
      await shell.complain(`${appended.name}+=: not found`)
      shell.status = 127
      return
    }
  }
  try {
    const words = await expandCommand(shell, command)
    if (words.argv.length === 0) {
      await withRedirections(shell, command.redirections, async () => {
        for (const each of command.assignments) {
          const text = await assign(shell, each)
          if (shell.has('xtrace')) await trace(shell, [text], true)
        }
      })
      shell.status = shell.substitutionStatus
      return
    }
    await dispatch(shell, command, words)
    shell.lastArgument = words.argv[words.argv.length - 1]!
  } finally {
    if (shell.substituted.length > mark) await endSubstituted(shell, mark)
  }
}

async function endSubstituted(shell: Shell, mark: number): Promise<void> {
  for (const each of shell.substituted.splice(mark)) {
    shell.fds.remove(each.fd)
    await each.ended
  }
}

async function expandCommand(shell: Shell, command: Command<'SimpleCommand'>): Promise<Words> {
  const arrays = new Map<number, ArrayArgument>()
  const argv: string[] = []
  if (command.name) argv.push(...(await expandName(shell, command.name)))
  const declares = command.name !== null && declaring.has(literalText(command.name) ?? '')
  for (const word of command.args) {
    const array = declares ? arrayArgument(word) : undefined
    if (array) {
      arrays.set(argv.length, array)
      argv.push(array.name)
      continue
    }
    const text = plainText(word)
    if (text !== undefined) argv.push(text)
    else if (declares && isAssignment(word)) argv.push(await expandText(shell, word))
    else argv.push(...(await expandWord(shell, word)))
  }
  return { argv, arrays }
}

/** The first word; an alias stands for its words in the shells that look at aliases in scripts. */
async function expandName(shell: Shell, name: WordNode): Promise<string[]> {
  const text = literalText(name)
  const active = shell.dialect !== 'bash' || shell.shopt('expand_aliases')
  const alias = text !== undefined && active && name.parts.every((part) => part.type === 'Literal') ? shell.aliases.get(text) : undefined
  if (alias === undefined) return text !== undefined && text === plainText(name) ? [text] : expandWord(shell, name)
  const command = shell.run.parser.parse(alias).statements[0]?.pipelines[0]?.commands[0]
  if (command?.type !== 'SimpleCommand' || !command.name) throw new CommandFault(`${text}: this alias is not simulated`)
  return expandWords(shell, [command.name, ...command.args])
}

function isAssignment(word: WordNode): boolean {
  const first = word.parts[0]
  return first?.type === 'Literal' && /^[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=/.test(first.value)
}

async function dispatch(shell: Shell, command: Command<'SimpleCommand'>, words: Words): Promise<void> {
  const [name = ''] = words.argv
  const builtin = shell.functions.has(name) ? undefined : findBuiltin(shell, name)
  if (shell.dialect !== 'bash' && builtin && special.has(name)) return ending(() => perform(shell, command, words, builtin))
  return perform(shell, command, words, builtin)
}

/** The special builtins of POSIX: where their redirections fail, the shells other than bash end. */
const special = new Set([
  ':',
  '.',
  'break',
  'continue',
  'eval',
  'exec',
  'exit',
  'export',
  'readonly',
  'return',
  'set',
  'shift',
  'times',
  'trap',
  'unset',
])

async function ending(body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    if (error instanceof RedirectionFault) throw new FatalFault(error.message, 2)
    throw error
  }
}

async function perform(shell: Shell, command: Command<'SimpleCommand'>, words: Words, builtin: Builtin | undefined): Promise<void> {
  const [name = ''] = words.argv
  const body = shell.functions.get(name)
  if (builtin && name === 'exec') {
    await execRedirections(shell, command, words.argv)
    return
  }
  await withRedirections(shell, command.redirections, async () => {
    const temporary = command.assignments.length === 0 ? NONE : await temporaries(shell, command.assignments)
    if (shell.has('xtrace')) await traceCommand(shell, command, temporary, words.argv)
    if (!body && !builtin) {
      shell.status = await runProgram(shell, words.argv, temporary)
      return
    }
    if (temporary.size > 0) shell.env.push(new Map(temporary))
    try {
      if (body) await runFunction(shell, body, words.argv.slice(1))
      else shell.status = (await builtin!(shell, words.argv.slice(1), words.arrays)) ?? 0
    } finally {
      if (temporary.size > 0) shell.env.pop()
    }
  })
}

const NONE: ReadonlyMap<string, Variable> = new Map()

async function temporaries(shell: Shell, assignments: readonly Assignment[]): Promise<Map<string, Variable>> {
  const scope = new Map<string, Variable>()
  for (const each of assignments) {
    const old = shell.env.get(each.name) ?? ''
    const text = each.value ? await expandText(shell, each.value) : ''
    if (shell.env.find(each.name)?.readonly) throw new CommandFault(`${each.name}: readonly variable`)
    scope.set(each.name, { value: each.append ? old + text : text, exported: true })
  }
  return scope
}

/** `exec` keeps its redirections; with a command it ends the shell with that command's status. */
async function execRedirections(shell: Shell, command: Command<'SimpleCommand'>, argv: string[]): Promise<void> {
  const fds = shell.fds.fork()
  try {
    await redirect(shell, command.redirections, fds)
  } catch (error) {
    fds.close()
    throw error
  }
  const before = shell.fds
  shell.fds = fds
  before.close()
  shell.status = 0
  let at = 1
  let asName: string | undefined
  for (; argv[at]?.startsWith('-'); at++) {
    if (argv[at] === '--') {
      at++
      break
    }
    if (argv[at] === '-a') asName = argv[++at]
  }
  if (argv.length <= at) return
  const temporary = await temporaries(shell, command.assignments)
  shell.traps.delete('EXIT')
  const rest = argv.slice(at)
  throw new ExitShell(await runProgram(shell, asName === undefined ? rest : [rest[0]!, ...rest.slice(1)], temporary))
}

/** Runs a program by name; says what is wrong where there is none. */
export async function runProgram(
  shell: Shell,
  argv: readonly string[],
  temporary: ReadonlyMap<string, Variable> = new Map(),
): Promise<number> {
  const env = shell.env.environment()
  for (const [name, variable] of temporary) env.set(name, String(variable.value ?? ''))
  env.set('_', argv[0]!)
  if (shell.dialect !== 'bash') env.delete('_')
  const process: Process = {
    run: shell.run,
    task: shell.task,
    fs: shell.fs.fork(),
    fds: shell.fds,
    argv,
    env,
    cwd: shell.cwd,
    pid: shell.run.nextPid++,
    depth: shell.depth + 1,
    line: shell.line,
  }
  const path = typeof temporary.get('PATH')?.value === 'string' ? (temporary.get('PATH')!.value as string) : shell.env.get('PATH')
  const outcome = await launch(process, { path: path ?? '', asScript: true })
  if (typeof outcome === 'number') return outcome
  const bash = shell.dialect === 'bash'
  switch (outcome.failed) {
    case 'missing':
      await shell.complain(
        argv[0]!.includes('/')
          ? `${argv[0]}: ${bash ? 'No such file or directory' : 'not found'}`
          : `${argv[0]}: ${bash ? 'command not found' : 'not found'}`,
      )
      return 127
    case 'directory':
      await shell.complain(`${argv[0]}: ${bash ? 'Is a directory' : 'Permission denied'}`)
      return 126
    case 'denied':
      await shell.complain(`${argv[0]}: Permission denied`)
      return 126
    case 'interpreter':
      await shell.complain(
        bash ? `${argv[0]}: ${outcome.interpreter}: bad interpreter: No such file or directory` : `${argv[0]}: not found`,
      )
      return 127
    case 'format':
      await shell.complain(`${argv[0]}: cannot execute binary file: Exec format error`)
      return 126
  }
}

async function traceCommand(
  shell: Shell,
  { assignments }: Command<'SimpleCommand'>,
  temporary: ReadonlyMap<string, Variable>,
  argv: readonly string[],
): Promise<void> {
  const assigned = assignments.map(({ name }) => `${name}=${traceWord(String(temporary.get(name)?.value ?? ''))}`)
  await trace(shell, [...assigned, ...argv.map(traceWord)], true)
}

async function trace(shell: Shell, words: readonly string[], newline: boolean): Promise<void> {
  const prefix = shell.env.get('PS4') ?? '+ '
  await shell.fds.get(2)?.write(shell.task, new TextEncoder().encode(`${prefix}${words.join(' ')}${newline ? '\n' : ''}`))
}
