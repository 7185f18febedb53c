// cycle-ok: eval and source run scripts
import { runSource } from '../language/script.js'
import { BreakLoop, ExitShell, FatalFault, ReturnFromFunction } from '../language/signals.js'
import { join } from '../system/paths.js'
import { strerror } from '../system/strerror.js'
import type { Builtin } from './types.js'

const statusOf = (text: string | undefined, current: number): number | undefined => {
  if (text === undefined) return current
  return /^[-+]?[0-9]+$/.test(text.trim()) ? Number(text) & 255 : undefined
}

export const exit: Builtin = async (shell, args) => {
  const status = statusOf(args[0], shell.status)
  if (status === undefined) {
    await shell.complain(`exit: ${args[0]}: numeric argument required`)
    throw new ExitShell(2)
  }
  if (args.length > 1) {
    await shell.complain('exit: too many arguments')
    return 1
  }
  throw new ExitShell(status)
}

export const returnFrom: Builtin = async (shell, args) => {
  const status = statusOf(args[0], shell.status)
  if (shell.returnable === 0) {
    if (shell.dialect !== 'bash') throw new ExitShell(status ?? 2)
    await shell.complain("return: can only `return' from a function or sourced script")
    return 2
  }
  if (status === undefined) await shell.complain(`return: ${args[0]}: numeric argument required`)
  throw new ReturnFromFunction(status ?? 2)
}

const leaveLoop =
  (again: boolean): Builtin =>
  async (shell, args) => {
    const name = again ? 'continue' : 'break'
    const levels = args[0] === undefined ? 1 : Number(args[0])
    if (!Number.isInteger(levels) || levels < 1) {
      await shell.complain(`${name}: ${args[0]}: ${Number.isInteger(levels) ? 'loop count out of range' : 'numeric argument required'}`)
      if (!Number.isInteger(levels)) throw new ExitShell(128)
      return 1
    }
    if (shell.loops === 0) {
      if (shell.dialect === 'bash') await shell.complain(`${name}: only meaningful in a \`for', \`while', or \`until' loop`)
      return 0
    }
    shell.status = 0
    throw new BreakLoop(levels, again)
  }

export const breakLoop = leaveLoop(false)
export const continueLoop = leaveLoop(true)

export const evaluate: Builtin = async (shell, args) => {
  const words = args[0] === '--' ? args.slice(1) : args
  const source = words.join(' ')
  shell.status = 0
  if (source.trim() === '') return 0
  await runSource(shell, source)
  return shell.status
}

/** `.` and `source` */
export const source: Builtin = async (shell, args) => {
  const [name, ...rest] = args[0] === '--' ? args.slice(1) : args
  if (name === undefined) {
    await shell.complain('.: filename argument required')
    return 2
  }
  let path = join(shell.cwd, name)
  const onPath = (shell.env.get('PATH') ?? '').split(':').map((folder) => join(join(shell.cwd, folder), name))
  if (!name.includes('/')) path = onPath.find((each) => shell.fs.find(each)?.type === 'file') ?? (shell.dialect === 'bash' ? path : '')
  let text: string
  try {
    const own = shell.fs.descriptor(path)
    text = own === undefined ? await shell.fs.readFile(shell.task, path) : await readDescriptor(shell, own)
  } catch (error) {
    const message = `${name}: ${strerror(error)}`
    // Special builtins end the POSIX shells when they fail.
    if (shell.dialect !== 'bash') throw new FatalFault(`.: ${message}`, 2)
    await shell.complain(message)
    return 1
  }
  const { positional } = shell
  if (rest.length > 0) shell.positional = rest
  shell.returnable++
  shell.status = 0
  try {
    await runSource(shell, text)
  } catch (error) {
    if (!(error instanceof ReturnFromFunction)) throw error
    shell.status = error.status
  } finally {
    shell.returnable--
    if (rest.length > 0) shell.positional = positional
  }
  return shell.status
}

async function readDescriptor(shell: Parameters<Builtin>[0], fd: number): Promise<string> {
  const { fromBytes } = await import('../system/bytes.js')
  const file = shell.fds.need(fd)
  let text = ''
  for (let bytes = await file.read(shell.task); bytes; bytes = await file.read(shell.task)) text += fromBytes(bytes)
  return text
}
