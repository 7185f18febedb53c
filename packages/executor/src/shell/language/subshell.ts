import { ExecutorError } from '../../errors.js'
import { BrokenPipe } from '../system/open-file.js'
import { codeOf } from '../system/strerror.js'
import { Killed } from '../system/task.js'
import type { Shell } from './shell.js'
import { BreakLoop, ExitShell, FatalFault, ReturnFromFunction } from './signals.js'
import { runTrap } from './traps.js'

/** Runs a forked shell to its end: its status, whatever way it left. Closes its descriptors. */
export async function runSubshell(shell: Shell, body: () => Promise<unknown>): Promise<number> {
  try {
    return await finish(shell, body)
  } finally {
    shell.fds.close()
  }
}

/** Runs a shell and its EXIT trap. */
export async function finish(shell: Shell, body: () => Promise<unknown>): Promise<number> {
  let status = await contained(shell, body)
  const action = shell.traps.get('EXIT')
  if (action) {
    shell.traps.delete('EXIT')
    shell.status = status
    const after = await contained(shell, async () => {
      await runTrap(shell, action)
      return undefined
    })
    // Only an `exit` in the handler changes the status.
    if (shell.exited) status = after
  }
  return status
}

async function contained(shell: Shell, body: () => Promise<unknown>): Promise<number> {
  try {
    await body()
    return shell.status
  } catch (error) {
    if (error instanceof ExitShell) {
      shell.exited = true
      return error.status
    }
    if (error instanceof ReturnFromFunction) return error.status
    if (error instanceof BreakLoop) return 0
    if (error instanceof FatalFault) {
      await shell.complain(error.message)
      // Every fault that ends a shell of the ash family is status 2.
      return shell.dialect === 'bash' ? error.status : 2
    }
    if (error instanceof Killed) return 128 + error.signal
    if (error instanceof BrokenPipe) return 141
    if (error instanceof ExecutorError || codeOf(error) === undefined) throw error
    return 1
  }
}
