import { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { signalNumbers } from '../language/traps.js'
// cycle-ok: which looks up what launching would find
import { findProgram } from '../launch.js'
import { join } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import { Killed } from '../system/task.js'
import { inherited, seesAll } from '../system/traced-env.js'
import { parseDuration } from './simple.js'
import type { Command } from './types.js'

/** Programs that run other programs: env, xargs, timeout, nice, nohup, setsid, stdbuf, time, which, busybox. */

export const env: Command = async (call) => {
  const options = parseOptions(
    call,
    '+iu:0vC:S:',
    { 'ignore-environment': 'i', unset: 'u:', null: '0', chdir: 'C:', 'split-string': 'S:', debug: 'v' },
    125,
  )
  const variables = options.has('i') ? new Map<string, string>() : new Map(inherited(call.process.env))
  for (const name of options.values('u')) variables.delete(name)
  const words = [...options.values('S').flatMap((text) => text.split(/\s+/).filter((word) => word !== '')), ...options.operands]
  if (words[0] === '-') {
    words.shift()
    variables.clear()
  }
  while (words[0]?.includes('=')) {
    const word = words.shift()!
    variables.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1))
  }
  if (words.length === 0) {
    if (!options.has('i')) seesAll(call.process.env)
    for (const [name, value] of variables) call.out(`${name}=${value}${options.has('0') ? '\0' : '\n'}`)
    return
  }
  const folder = options.value('C')
  if (folder !== undefined && call.fs.find(call.path(folder))?.type !== 'dir')
    throw new CommandFailure(`cannot change directory to '${folder}': No such file or directory`, 125)
  return call.spawn(words, { env: variables, ...(folder === undefined ? {} : { cwd: call.path(folder) }) })
}

export const xargs: Command = async (call) => {
  const options = parseOptions(call, '+0a:d:E:e::I:i::L:l::n:opP:rs:tx', {
    null: '0',
    'arg-file': 'a:',
    delimiter: 'd:',
    eof: 'e::',
    replace: 'i::',
    'max-lines': 'l::',
    'max-args': 'n:',
    'max-procs': 'P:',
    interactive: 'p',
    'no-run-if-empty': 'r',
    'max-chars': 's:',
    verbose: 't',
    exit: 'x',
    'open-tty': 'o',
  })
  const text = await call.tryRead(options.value('a') ?? '-')
  if (text === undefined) return 1
  const command = options.operands.length > 0 ? options.operands : ['echo']
  const replace = options.value('I') ?? (options.has('i') ? options.value('i') || '{}' : undefined)
  const perLine = Number(options.value('L') ?? (options.has('l') ? options.value('l') || 1 : 0))
  const delimiter = options.has('0') ? '\0' : options.value('d')?.replace(/\\n/, '\n').replace(/\\t/, '\t').replace(/\\0/, '\0')
  const words =
    delimiter !== undefined
      ? delimited(text, delimiter)
      : replace !== undefined
        ? text
            .split('\n')
            .map((line) => unquote(line.trimStart()))
            .filter((line) => line !== '')
        : quotedWords(text, options.value('E') ?? options.value('e'))
  let status = 0
  const run = async (argv: string[]) => {
    if (options.has('t')) call.err(argv.join(' ').replace(/^/, ''))
    const fds = call.fork()
    // The commands do not read what xargs reads.
    if (!options.has('a')) fds.set(0, call.fs.open('/dev/null'))
    let result: number
    try {
      result = await call.spawn(argv, { fds })
    } finally {
      fds.close()
    }
    if (result === 126 || result === 127) {
      status = result
      return false
    }
    if (result === 255) {
      call.err(`${argv[0]}: exited with status 255; aborting`)
      status = 124
      return false
    }
    if (result !== 0) status = result >= 128 ? 125 : 123
    return true
  }
  if (replace !== undefined) {
    for (const word of words) if (!(await run(command.map((part) => part.split(replace).join(word))))) break
    return status
  }
  if (words.length === 0) {
    if (!options.has('r')) await run([...command])
    return status
  }
  if (perLine > 0) {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    for (let at = 0; at < lines.length; at += perLine) {
      if (!(await run([...command, ...quotedWords(lines.slice(at, at + perLine).join('\n'), undefined)]))) break
    }
    return status
  }
  const most = Number(options.value('n') ?? 5000)
  const chars = Number(options.value('s') ?? 131072)
  for (let at = 0; at < words.length; ) {
    const batch: string[] = []
    let size = command.join(' ').length + 1
    while (at < words.length && batch.length < most && (batch.length === 0 || size + words[at]!.length + 1 <= chars)) {
      size += words[at]!.length + 1
      batch.push(words[at++]!)
    }
    if (!(await run([...command, ...batch]))) break
  }
  return status
}

function delimited(text: string, delimiter: string): string[] {
  const words = text.split(delimiter)
  if (words[words.length - 1] === '') words.pop()
  return words
}

function unquote(line: string): string {
  return line.replace(/\\(.)|'([^']*)'|"([^"]*)"/g, (_, escaped, single, double) => escaped ?? single ?? double)
}

function quotedWords(text: string, end: string | undefined): string[] {
  const words: string[] = []
  for (const match of text.matchAll(/(?:\\[\s\S]|'[^'\n]*'|"[^"\n]*"|[^\s'"\\])+/g)) {
    const word = unquote(match[0])
    if (end !== undefined && word === end) break
    words.push(word)
  }
  const rest = text.replace(/\\[\s\S]|'[^'\n]*'|"[^"\n]*"/g, '')
  const quote = /['"]/.exec(rest)
  if (quote)
    throw new CommandFailure(
      `unmatched ${quote[0] === "'" ? 'single' : 'double'} quote; by default quotes are special to xargs unless you use the -0 option`,
    )
  return words
}

export const timeout: Command = async (call) => {
  const options = parseOptions(
    call,
    '+fk:ps:v',
    { foreground: 'f', 'kill-after': 'k:', 'preserve-status': 'p', signal: 's:', verbose: 'v' },
    125,
  )
  const [duration, ...argv] = options.operands
  if (duration === undefined || argv.length === 0) throw new CommandFailure('missing operand', 125)
  const ms = parseDuration(duration)
  if (ms === undefined) throw new CommandFailure(`invalid time interval '${duration}'`, 125)
  const signalText = options.value('s') ?? 'TERM'
  const signal = /^[0-9]+$/.test(signalText) ? Number(signalText) : (signalNumbers.get(signalText.toUpperCase().replace(/^SIG/, '')) ?? 15)
  if (ms === 0) return call.spawn(argv)
  const task = call.process.task.child()
  let expired = false
  const cancel = call.process.run.scheduler.sleep(ms, () => {
    expired = true
    task.stop(new Killed(signal))
  })
  try {
    const status = await call.spawn(argv, { task })
    if (!expired) return status
    return options.has('p') ? status : signal === 9 ? 137 : 124
  } catch (error) {
    if (!(error instanceof Killed) || !expired) throw error
    return options.has('p') ? 128 + signal : signal === 9 ? 137 : 124
  } finally {
    cancel()
    task.done()
  }
}

/** Runs its operands; `spec` are options that change nothing here. */
const passing =
  (spec: string, long: Readonly<Record<string, string>> = {}): Command =>
  (call) => {
    const { operands } = parseOptions(call, spec, long, 125)
    if (operands.length === 0) throw new CommandFailure('missing operand', 125)
    return call.spawn(operands)
  }

export const nice: Command = (call) => {
  const args = call.args.flatMap((arg, at) => (at === 0 && /^--?[0-9]+$/.test(arg) ? ['-n', arg.slice(1)] : [arg]))
  const { operands } = parseOptions({ args, name: call.name }, '+n:', { adjustment: 'n:' }, 125)
  if (operands.length > 0) return call.spawn(operands)
  call.out('0\n')
}
export const nohup: Command = passing('+')
export const setsid: Command = passing('+cfw', { ctty: 'c', fork: 'f', wait: 'w' })
export const stdbuf: Command = passing('+i:o:e:', { input: 'i:', output: 'o:', error: 'e:' })
export const ionice: Command = passing('+c:n:t')

export const which: Command = async (call) => {
  const options = parseOptions(call, 'as')
  for (const name of options.operands) {
    const found = await findProgram(
      { run: call.process.run, fs: call.fs, cwd: call.process.cwd, task: call.process.task },
      name,
      call.process.env.get('PATH') ?? '',
    )
    if ('failed' in found || (found.kind === 'program' && !found.path.includes('/'))) call.status = 1
    else if (!options.has('s')) call.out(`${name.includes('/') ? name : found.path}\n`)
  }
}

export const chroot: Command = () => {
  throw new NotSimulated('not simulated: the tree has one root')
}

/** `busybox APPLET ARG…`; alone, `--list`. */
export const busybox: Command = async (call) => {
  const [applet, ...args] = call.args
  if (applet === undefined || applet === '--help') {
    call.out('BusyBox v1.35.0 multi-call binary.\n')
    return 0
  }
  // cycle-ok: busybox is a command that is all the others
  const { findCommand, commandNames } = await import('./index.js')
  if (applet === '--list') {
    call.out(commandNames.map((name) => `${name}\n`).join(''))
    return 0
  }
  if (applet === 'sh' || applet === 'ash') {
    // cycle-ok: one of its applets is a shell
    const { runShellProgram } = await import('../shell-program.js')
    await call.flush()
    return runShellProgram({ ...call.process, argv: [applet, ...args] }, 'ash')
  }
  const command = findCommand(applet)
  if (!command || applet === 'busybox') {
    call.out(`${applet}: applet not found\n`)
    return 127
  }
  const inner = new Call({ ...call.process, argv: [applet, ...args] }, applet)
  inner.busybox = true
  return inner.guard(() => command(inner))
}

/** Runs commands in a folder's name given by links: `run-parts` runs the scripts of a directory in order. */
export const runParts: Command = async (call) => {
  const options = parseOptions(call, 'a:u:v', {
    test: 'test',
    list: 'list',
    verbose: 'v',
    'exit-on-error': 'exit',
    regex: 'regex:',
    report: 'report',
    reverse: 'reverse',
    arg: 'a:',
    umask: 'u:',
  })
  const [folder] = options.operands
  if (folder === undefined) throw new CommandFailure('missing operand')
  try {
    const names = call.fs
      .readdir(call.path(folder))
      .map((entry) => entry.name)
      .filter((name) => /^[a-zA-Z0-9_-]+$/.test(name))
    for (const name of options.has('reverse') ? names.reverse() : names) {
      const path = join(folder, name)
      if (options.has('list') || options.has('test')) call.out(`${path}\n`)
      else if (call.fs.access(call.path(path), 1)) {
        const status = await call.spawn([path, ...options.values('a')])
        if (status !== 0) call.fail(`${path} exited with return code ${status}`, 1)
        if (status !== 0 && options.has('exit')) return status
      }
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    throw new CommandFailure(`failed to open directory ${folder}: ${strerror(error)}`)
  }
}
