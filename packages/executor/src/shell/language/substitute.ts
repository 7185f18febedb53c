import { RunLimitError } from '../../errors.js'
import { fromBytes } from '../system/bytes.js'
import { Sink } from '../system/open-file.js'
import { join } from '../system/paths.js'
import { pipe } from '../system/pipe.js'
import { strerror } from '../system/strerror.js'
// cycle-ok: the file of $(<file) is a word
import { expandTarget } from './expand.js'
// cycle-ok: a command substitution is a script inside a word
import { runScript } from './script.js'
import type { Shell } from './shell.js'
import { runSubshell } from './subshell.js'
import type { ScriptNode } from './syntax.js'

/** Output of `$(…)` without its last newlines. NUL bytes go, as shells cannot hold them. */
export async function substituteCommand(shell: Shell, body: ScriptNode): Promise<string> {
  const file = onlyInput(body)
  let text = ''
  if (file) {
    try {
      text = await shell.fs.readFile(shell.task, join(shell.cwd, await expandTarget(shell, file)))
      shell.substitutionStatus = 0
    } catch (error) {
      await shell.complain(`${await expandTarget(shell, file)}: ${strerror(error)}`)
      shell.substitutionStatus = 1
    }
  } else {
    const { heldBytes } = shell.run.scheduler.limits
    const fds = shell.fds.fork()
    const output = new Gathered('pipe', (bytes) => {
      text += fromBytes(bytes)
      if (text.length > heldBytes) throw new RunLimitError('heldBytes', heldBytes)
    })
    fds.set(1, output)
    const firstJob = shell.run.nextPid
    const child = shell.fork({ fds })
    // bash forgets -e in here unless it is told not to; the POSIX shells keep it.
    if (shell.dialect === 'bash' && !shell.shopt('inherit_errexit') && !shell.has('posix')) child.options.delete('errexit')
    shell.substitutionStatus = await runSubshell(child, () => runScript(child, body))
    if (!output.closed) await outlived(shell, output, firstJob)
  }
  const clean = text.includes('\0') ? text.replace(/\0/g, '') : text
  let end = clean.length
  while (end > 0 && clean[end - 1] === '\n') end--
  return clean.slice(0, end)
}

/** The pipe of a command substitution. */
class Gathered extends Sink {
  closed = false
  private listeners: (() => void)[] = []

  onClose(listener: () => void): void {
    this.listeners.push(listener)
  }

  protected override close(): void {
    this.closed = true
    for (const each of this.listeners) each()
  }
}

/** What runs on in the background holds the pipe: the substitution has all that is written until the last of them lets it go. */
async function outlived(shell: Shell, output: Gathered, firstJob: number): Promise<void> {
  while (!output.closed) {
    const job = [...shell.run.jobs.values()].find(({ pid, status }) => pid >= firstJob && status === undefined)
    if (!job) return
    await shell.task.wait((resolve) => {
      output.onClose(resolve)
      job.ended.then(resolve, resolve)
    })
  }
}

/** `$(< file)`: the file that it reads. */
function onlyInput(body: ScriptNode) {
  const statement = body.statements[0]
  if (body.statements.length !== 1 || statement?.pipelines.length !== 1) return undefined
  const command = statement.pipelines[0]?.commands[0]
  if (command?.type !== 'SimpleCommand' || command.name || command.assignments.length > 0) return undefined
  const [redirection] = command.redirections
  if (command.redirections.length !== 1 || redirection?.operator !== '<' || redirection.target.type !== 'Word') return undefined
  return redirection.target
}

/** `<(…)` and `>(…)`: the path of a descriptor at whose other end the commands run. */
export async function substituteProcess(shell: Shell, body: ScriptNode, direction: 'input' | 'output'): Promise<string> {
  const { reader, writer } = pipe()
  const [ours, theirs] = direction === 'input' ? [reader, writer] : [writer, reader]
  const fds = shell.fds.fork()
  fds.set(direction === 'input' ? 1 : 0, theirs)
  let fd = 63
  while (shell.fds.get(fd)) fd--
  shell.fds.set(fd, ours)
  const child = shell.fork({ fds })
  const ended = runSubshell(child, () => runScript(child, body))
  shell.substituted.push({ fd, ended: direction === 'output' ? ended : undefined })
  ended.catch(() => {})
  return `/dev/fd/${fd}`
}
