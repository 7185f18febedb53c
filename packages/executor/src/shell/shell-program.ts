import { SimulationUnsupportedError } from '../errors.js'
import { optionName } from './language/options.js'
import { runSource } from './language/script.js'
import { type Dialect, Shell } from './language/shell.js'
import { finish } from './language/subshell.js'
import { fromBytes, toBytes } from './system/bytes.js'
import { basename, join } from './system/paths.js'
import { type Process, refuse } from './system/process.js'
import { strerror } from './system/strerror.js'

interface Invocation {
  readonly command: string | undefined
  readonly options: string[]
  readonly login: boolean
  readonly rest: string[]
  readonly readsInput: boolean
}

/** `sh`, `bash`, `dash` or `ash` as a program: options, then a command, a script file, or standard input. */
export async function runShellProgram(process: Process, dialect: Dialect): Promise<number> {
  const called = process.argv[0] ?? 'sh'
  const shell = new Shell({ ...process, fds: process.fds.fork() }, dialect, called, [])
  try {
    return await start(process, shell, called)
  } finally {
    shell.fds.close()
  }
}

async function start(process: Process, shell: Shell, called: string): Promise<number> {
  const invocation = await readInvocation(process, shell, called)
  if (typeof invocation === 'number') return invocation
  for (const name of invocation.options) shell.options.add(name)
  if (basename(called) === 'sh' && shell.dialect === 'bash') shell.options.add('posix')
  const { rest } = invocation
  if (invocation.command !== undefined) {
    shell.options.add('commandstring')
    shell.name = rest[0] ?? called
    shell.positional = rest.slice(1)
    return finish(shell, async () => {
      if (invocation.login) await profile(shell)
      await runSource(shell, invocation.command!)
    })
  }
  if (rest.length > 0 && !invocation.readsInput) return runFile(process, shell, called, rest)
  shell.positional = rest
  const source = await readInput(shell)
  return finish(shell, () => runSource(shell, source))
}

async function readInvocation(process: Process, shell: Shell, called: string): Promise<Invocation | number> {
  const options: string[] = []
  let hasCommand = false
  let login = called.startsWith('-')
  let readsInput = false
  let at = 1
  for (; at < process.argv.length; at++) {
    const arg = process.argv[at]!
    if (arg === '--' || arg === '-') {
      at++
      break
    }
    if (arg.startsWith('--')) {
      if (arg === '--login') login = true
      else if (arg === '--posix') options.push('posix')
      else if (arg === '--rcfile' || arg === '--init-file') at++
      else if (arg === '--version') {
        await shell.write(1, 'GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n')
        return 0
      } else if (!['--noprofile', '--norc', '--noediting', '--verbose'].includes(arg)) {
        await complain(process, called, `${arg}: invalid option`)
        return 2
      }
      continue
    }
    if (!/^[-+]./.test(arg)) break
    for (const letter of arg.slice(1)) {
      if (letter === 'c') hasCommand = true
      else if (letter === 's') readsInput = true
      else if (letter === 'l') login = true
      else if (letter === 'i')
        refuse(process, new SimulationUnsupportedError(process.argv.join(' '), 'it is an interactive shell', process.line))
      else if (letter === 'o' || letter === 'O') {
        const name = process.argv[++at] ?? ''
        if (letter === 'O') shell.shopts.set(name, arg.startsWith('-'))
        else if (arg.startsWith('-')) options.push(name)
      } else {
        const name = optionName(letter)
        if (name === undefined) {
          await complain(process, called, shell.dialect === 'bash' ? `-${letter}: invalid option` : `0: Illegal option -${letter}`)
          return 2
        }
        if (arg.startsWith('-')) options.push(name)
      }
    }
  }
  const rest = process.argv.slice(at)
  if (!hasCommand) return { command: undefined, options, login, rest: [...rest], readsInput }
  if (rest.length === 0) {
    await complain(process, called, '-c: option requires an argument')
    return 2
  }
  return { command: rest[0]!, options, login, rest: rest.slice(1), readsInput }
}

async function runFile(process: Process, shell: Shell, called: string, rest: string[]): Promise<number> {
  const [file = ''] = rest
  let source: string
  try {
    let path = join(process.cwd, file)
    if (!file.includes('/') && !shell.fs.find(path)) {
      const folders = (shell.env.get('PATH') ?? '').split(':')
      path = folders.map((folder) => join(join(process.cwd, folder), file)).find((each) => shell.fs.find(each)?.type === 'file') ?? path
    }
    source = await shell.fs.readFile(process.task, path)
  } catch (error) {
    const reason = strerror(error)
    await complain(
      process,
      called,
      shell.dialect === 'bash'
        ? `${file}: ${reason}`
        : `0: cannot open ${file}: ${reason.replace('No such file or directory', 'No such file')}`,
    )
    return reason === 'Is a directory' ? 126 : shell.dialect === 'bash' ? (reason === 'Permission denied' ? 126 : 127) : 2
  }
  if (source.split('\n', 1)[0]!.includes('\0')) {
    await complain(process, called, `${file}: cannot execute binary file`)
    return 126
  }
  shell.name = file
  shell.positional = rest.slice(1)
  return finish(shell, () => runSource(shell, source))
}

async function profile(shell: Shell): Promise<void> {
  for (const path of ['/etc/profile', `${shell.env.get('HOME') ?? '/'}/.profile`]) {
    if (shell.fs.find(path)?.type === 'file') await runSource(shell, await shell.fs.readFile(shell.task, path))
  }
}

/** The script comes on standard input: all of it is read first, so commands of the script find the input at its end. */
async function readInput(shell: Shell): Promise<string> {
  const file = shell.fds.get(0)
  let text = ''
  for (let bytes = await file?.read(shell.task); bytes; bytes = await file?.read(shell.task)) text += fromBytes(bytes)
  return text
}

async function complain(process: Process, called: string, message: string): Promise<void> {
  await process.fds.get(2)?.write(process.task, toBytes(`${called}: ${message}\n`))
}
