import { SimulationUnsupportedError } from '../../errors.js'
import { pipe } from '../system/pipe.js'
import { refuse } from '../system/process.js'
import { refuseWordsBehind, splitAtAmpersand } from './ampersand.js'
import { runCommand } from './compound.js'
import { byLine, functionKeywords, refuseDollarQuotes, requireKnown } from './foreign.js'
import { startJob } from './jobs.js'
import type { Shell } from './shell.js'
import { CommandFault, ExitShell, FatalFault } from './signals.js'
import { runSubshell } from './subshell.js'
import type { CommandNode, PipelineNode, ScriptNode, StatementNode, SyntaxFault } from './syntax.js'
import { runTrap } from './traps.js'
import { describeCommand } from './words.js'

/** Runs source text as a shell reads it: what stands before a syntax error runs, then the error ends it with 2. */
export async function runSource(shell: Shell, source: string): Promise<void> {
  if (source.length > shell.run.scheduler.limits.scriptBytes) {
    throw new FatalFault(`script of ${source.length} bytes is larger than the simulated shell reads`, 2)
  }
  let rest = source
  for (;;) {
    const piece = shell.run.parser.pieces(rest, shell.shopt('extglob'))
    if (piece.script) await runRead(shell, piece.script, rest)
    if (!piece.fault) return
    if (!piece.script || piece.rest === '') throw syntaxFault(shell, piece.fault, rest)
    rest = piece.rest
  }
}

/** The POSIX shells read a line, complain of what they do not know in it, and run it otherwise. */
async function runRead(shell: Shell, script: ScriptNode, source: string): Promise<void> {
  if (shell.dialect === 'bash') return runScript(shell, script)
  refuseDollarQuotes(shell, source)
  refuseWordsBehind(shell, source)
  const keywords = functionKeywords(source)
  for (const statements of byLine(script.statements)) {
    requireKnown(shell, statements, keywords)
    await runStatements(shell, statements)
  }
}

/** Constructs that bash has and the parser does not are no fault of the script. */
function syntaxFault(shell: Shell, fault: SyntaxFault, source: string): Error {
  const line = source.split('\n')[fault.line - 1] ?? ''
  const known =
    /(?:^|[;&|]|\bdo\b|\bthen\b)\s*(select|coproc)\s/.exec(line) ??
    /(\$\{[A-Za-z0-9_]+~)/.exec(line) ??
    (shell.shopt('extglob') ? /[?*+@!]\(/.exec(line) : null)
  if (known)
    refuse(
      shell,
      new SimulationUnsupportedError(
        line.trim(),
        `its parser does not know "${known[1] ?? 'extended patterns in this place'}"`,
        fault.line,
      ),
    )
  shell.line = fault.line
  return new FatalFault(fault.message, fault.status)
}

export async function runScript(shell: Shell, script: ScriptNode): Promise<void> {
  await runStatements(shell, script.statements)
}

export async function runStatements(shell: Shell, statements: readonly StatementNode[]): Promise<void> {
  for (const statement of statements) await runStatement(shell, statement)
}

async function runStatement(shell: Shell, statement: StatementNode): Promise<void> {
  await shell.task.step()
  if (statement.deferredError) throw new FatalFault(statement.deferredError.message, 2)
  if (shell.has('noexec')) return
  if (shell.has('verbose') && statement.sourceText) await shell.write(2, `${statement.sourceText}\n`)
  const split = shell.dialect === 'dash' ? splitAtAmpersand(statement) : undefined
  if (split) return runStatements(shell, split)
  if (statement.background) {
    await startJob(shell, { ...statement, background: false })
    shell.status = 0
    return
  }
  const last = statement.pipelines.length - 1
  for (let at = 0; at <= last; at++) {
    const operator = at === 0 ? ';' : statement.operators[at - 1]
    if (operator === '&&' && shell.status !== 0) continue
    if (operator === '||' && shell.status === 0) continue
    const pipeline = statement.pipelines[at]!
    const isLast = at === last
    if (!isLast) shell.lenient++
    try {
      await runPipeline(shell, pipeline)
    } finally {
      if (!isLast) shell.lenient--
    }
    if (isLast && shell.status !== 0 && !pipeline.negated && isOwnFailure(pipeline)) await failed(shell)
  }
}

/** Compound commands (but subshells) have looked at `set -e` inside already. */
function isOwnFailure(pipeline: PipelineNode): boolean {
  if (pipeline.commands.length !== 1) return true
  const type = pipeline.commands[0]!.type
  return type === 'SimpleCommand' || type === 'Subshell' || type === 'ConditionalCommand' || type === 'ArithmeticCommand'
}

/** A command failed where that counts: the ERR trap, then `set -e`. */
async function failed(shell: Shell): Promise<void> {
  if (shell.lenient > 0) return
  const action = shell.traps.get('ERR')
  if (action && (shell.calls.length === 0 || shell.has('errtrace'))) await runTrap(shell, action)
  if (shell.has('errexit')) throw new ExitShell(shell.status)
}

async function runPipeline(shell: Shell, pipeline: PipelineNode): Promise<void> {
  const started = shell.run.scheduler.now()
  if (pipeline.negated) shell.lenient++
  try {
    const [only] = pipeline.commands
    if (pipeline.commands.length === 1 && only) {
      await runGuarded(shell, only)
      if (only.type === 'SimpleCommand' || only.type === 'Subshell') shell.pipeStatus = [shell.status]
    } else await runStages(shell, pipeline)
  } finally {
    if (pipeline.negated) shell.lenient--
  }
  if (pipeline.timed) await reportTime(shell, shell.run.scheduler.now() - started, pipeline.timePosix ?? false)
  if (pipeline.negated) shell.status = shell.status === 0 ? 1 : 0
}

async function reportTime(shell: Shell, ms: number, posix: boolean): Promise<void> {
  const seconds = ms / 1000
  const long = (value: number) => `${Math.floor(value / 60)}m${(value % 60).toFixed(3)}s`
  const text = posix ? `real ${seconds.toFixed(2)}\nuser 0.00\nsys 0.00\n` : `\nreal\t${long(seconds)}\nuser\t${long(0)}\nsys\t${long(0)}\n`
  await shell.write(2, text)
}

/** Runs one command; faults that only make it fail are reported here. */
async function runGuarded(shell: Shell, command: CommandNode): Promise<void> {
  if ('line' in command && command.line) shell.line = command.line
  try {
    await runCommand(shell, command)
  } catch (error) {
    if (!(error instanceof CommandFault)) throw error
    await shell.complain(error.message)
    shell.status = error.status
  }
}

/** All stages run at the same time, each in a subshell. */
async function runStages(shell: Shell, pipeline: PipelineNode): Promise<void> {
  const { commands } = pipeline
  const running: Promise<number>[] = []
  let input: ReturnType<typeof pipe>['reader'] | undefined
  commands.forEach((command, at) => {
    const fds = shell.fds.fork()
    if (input) fds.set(0, input)
    if (at < commands.length - 1) {
      const next = pipe()
      fds.set(1, next.writer)
      if (pipeline.pipeStderr?.[at]) fds.set(2, next.writer.hold())
      input = next.reader
    } else input = undefined
    const child = shell.fork({ fds })
    // bash runs the last stage in the shell itself under lastpipe.
    running.push(runSubshell(child, () => runStage(child, command)))
  })
  const results = await Promise.allSettled(running)
  const statuses = results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
  shell.pipeStatus = statuses
  shell.status = statuses[statuses.length - 1]!
  if (shell.has('pipefail')) shell.status = [...statuses].reverse().find((status) => status !== 0) ?? 0
}

/** A stage is a shell of its own: `set -e` inside it counts for a compound command as well. */
async function runStage(shell: Shell, command: CommandNode): Promise<void> {
  await shell.task.step()
  if (shell.shopt('lastpipe'))
    refuse(shell, new SimulationUnsupportedError(describeCommand(command), 'shopt -s lastpipe is not simulated', shell.line))
  await runGuarded(shell, command)
}
