import { RunLimitError } from '../../errors.js'
// cycle-ok: a function's body is a command, and a command may call a function
import { runCommand } from './compound.js'
import { withRedirections } from './redirect.js'
import type { Shell } from './shell.js'
import { ReturnFromFunction } from './signals.js'
import type { Command } from './syntax.js'
import { runTrap } from './traps.js'

/** Calls a function: own arguments, own scope for `local`, left by `return`. */
export async function runFunction(shell: Shell, definition: Command<'FunctionDef'>, args: readonly string[]): Promise<void> {
  const { depth } = shell.run.scheduler.limits
  if (shell.calls.length + shell.depth > depth) throw new RunLimitError('depth', depth)
  const { positional, loops } = shell
  shell.positional = [...args]
  shell.calls.push(definition.name)
  shell.env.push()
  shell.returnable++
  shell.loops = 0
  try {
    await withRedirections(shell, definition.redirections, () => runCommand(shell, definition.body))
  } catch (error) {
    if (!(error instanceof ReturnFromFunction)) throw error
    shell.status = error.status
  } finally {
    shell.returnable--
    shell.env.pop()
    shell.calls.pop()
    shell.positional = positional
    shell.loops = loops
  }
  const action = shell.traps.get('RETURN')
  if (action && shell.has('functrace')) await runTrap(shell, action)
}
