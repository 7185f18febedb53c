import { SimulationUnsupportedError } from '../../errors.js'
import { refuse } from '../system/process.js'
import { evaluateCondition } from './condition.js'
import { expandArithmetic, expandPattern, expandText, expandWords } from './expand.js'
import { runDoubleParentheses } from './foreign.js'
import { patternRegExp } from './pattern.js'
import { withRedirections } from './redirect.js'
// cycle-ok: a compound command holds scripts
import { runStatements } from './script.js'
import type { Shell } from './shell.js'
import { BreakLoop, FatalFault } from './signals.js'
import { runSimple } from './simple.js'
import { runSubshell } from './subshell.js'
import type { ArithmeticText, Command, CommandNode, StatementNode } from './syntax.js'

export async function runCommand(shell: Shell, command: CommandNode): Promise<void> {
  switch (command.type) {
    case 'SimpleCommand':
      return runSimple(shell, command)
    case 'FunctionDef':
      shell.functions.set(command.name, command)
      shell.status = 0
      return
    case 'Subshell':
      return withRedirections(shell, command.redirections, async () => {
        const child = shell.fork()
        shell.status = await runSubshell(child, () => runStatements(child, command.body))
      })
    default:
      return withRedirections(shell, command.redirections, () => runCompound(shell, command))
  }
}

type Compound = Exclude<CommandNode, Command<'SimpleCommand' | 'FunctionDef' | 'Subshell'>>

async function runCompound(shell: Shell, command: Compound): Promise<void> {
  switch (command.type) {
    case 'Group':
      return runStatements(shell, command.body)
    case 'If':
      return runIf(shell, command)
    case 'While':
    case 'Until':
      return runWhile(shell, command)
    case 'For':
      return runFor(shell, command)
    case 'CStyleFor':
      return runArithmeticFor(shell, command)
    case 'Case':
      return runCase(shell, command)
    case 'ArithmeticCommand':
      if (shell.dialect !== 'bash') return runDoubleParentheses(shell, command.expression.originalText ?? '')
      shell.status = (await arithmetic(shell, command.expression)) === 0n ? 1 : 0
      return
    case 'ConditionalCommand':
      if (shell.dialect === 'dash') {
        await shell.complain('[[: not found')
        shell.status = 127
      } else shell.status = (await evaluateCondition(shell, command.expression)) ? 0 : 1
      return
    default:
      refuse(shell, new SimulationUnsupportedError((command as CommandNode).type, 'this construct is not simulated', shell.line))
  }
}

async function arithmetic(shell: Shell, expression: ArithmeticText): Promise<bigint> {
  return shell.arithmetic(await expandArithmetic(shell, expression.originalText ?? ''))
}

async function condition(shell: Shell, statements: readonly StatementNode[]): Promise<boolean> {
  shell.lenient++
  try {
    await runStatements(shell, statements)
  } finally {
    shell.lenient--
  }
  return shell.status === 0
}

async function runIf(shell: Shell, command: Command<'If'>): Promise<void> {
  for (const clause of command.clauses) {
    if (await condition(shell, clause.condition)) return runStatements(shell, clause.body)
  }
  shell.status = 0
  if (command.elseBody) await runStatements(shell, command.elseBody)
}

/** Runs the body of a loop once; true when the loop is left. */
async function iterate(shell: Shell, body: readonly StatementNode[]): Promise<boolean> {
  await shell.task.step()
  shell.loops++
  try {
    await runStatements(shell, body)
    return false
  } catch (error) {
    if (!(error instanceof BreakLoop)) throw error
    if (error.levels > 1 && shell.loops > 1) {
      error.levels--
      throw error
    }
    return !error.again
  } finally {
    shell.loops--
  }
}

async function runWhile(shell: Shell, command: Command<'While' | 'Until'>): Promise<void> {
  const wanted = command.type === 'While'
  let status = 0
  for (;;) {
    let holds: boolean
    shell.loops++
    try {
      holds = await condition(shell, command.condition)
    } catch (error) {
      if (!(error instanceof BreakLoop) || error.levels > 1) throw error
      if (error.again) continue
      break
    } finally {
      shell.loops--
    }
    if (holds !== wanted) break
    const left = await iterate(shell, command.body)
    status = shell.status
    if (left) break
  }
  shell.status = status
}

async function runFor(shell: Shell, command: Command<'For'>): Promise<void> {
  const words = command.words ? await expandWords(shell, command.words) : [...shell.positional]
  shell.status = 0
  for (const word of words) {
    shell.assign(command.variable, word)
    if (await iterate(shell, command.body)) break
  }
}

async function runArithmeticFor(shell: Shell, command: Command<'CStyleFor'>): Promise<void> {
  if (shell.dialect !== 'bash') throw new FatalFault('syntax error: bad for loop variable', 2)
  if (command.init) await arithmetic(shell, command.init)
  shell.status = 0
  while (!command.condition || (await arithmetic(shell, command.condition)) !== 0n) {
    if (await iterate(shell, command.body)) break
    if (command.update) await arithmetic(shell, command.update)
  }
}

async function runCase(shell: Shell, command: Command<'Case'>): Promise<void> {
  const text = await expandText(shell, command.word)
  const options = { extglob: shell.shopt('extglob'), ignoreCase: shell.shopt('nocasematch') }
  shell.status = 0
  let fallsIn = false
  for (const item of command.items) {
    let matched = fallsIn
    for (const pattern of matched ? [] : item.patterns) {
      if (patternRegExp(await expandPattern(shell, pattern), options).test(text)) {
        matched = true
        break
      }
    }
    if (!matched) continue
    await runStatements(shell, item.body)
    if (item.terminator === ';;') return
    fallsIn = item.terminator === ';&'
  }
}
