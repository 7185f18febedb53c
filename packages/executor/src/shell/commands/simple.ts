import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { strerror } from '../system/strerror.js'
import type { Command } from './types.js'

/** Programs of a few lines each. */

export const trueCommand: Command = () => 0
export const falseCommand: Command = () => 1

export const pwdCommand: Command = (call) => {
  const options = parseOptions(call, 'LP', { logical: 'L', physical: 'P' })
  call.out(`${options.has('L') ? (call.process.env.get('PWD') ?? call.process.cwd) : call.fs.realpath(call.process.cwd)}\n`)
}

export const yes: Command = async (call) => {
  const line = `${call.args.join(' ') || 'y'}\n`
  const block = line.repeat(Math.max(1, Math.floor(8192 / line.length)))
  for (;;) {
    call.out(block)
    await call.flush()
    await call.step()
  }
}

const durations: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86400 }

/** Milliseconds of `5`, `1.5m`; undefined where malformed. */
export function parseDuration(text: string): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+|inf(?:inity)?)([smhd]?)$/.exec(text)
  return match ? (match[1]!.startsWith('inf') ? Infinity : Number(match[1])) * durations[match[2]!]! * 1000 : undefined
}

/** Time is simulated: it passes as soon as nothing else can run. */
export const sleep: Command = async (call) => {
  if (call.args.length === 0) throw new CommandFailure('missing operand')
  let total = 0
  for (const arg of call.args) {
    const ms = parseDuration(arg)
    if (ms === undefined) throw new CommandFailure(`invalid time interval '${arg}'`)
    total += ms
  }
  await call.flush()
  await call.process.task.sleep(Math.min(total, 1e12))
}

export const mkfifo: Command = (call) => {
  const options = parseOptions(call, 'm:Z', { mode: 'm:' })
  if (options.operands.length === 0) throw new CommandFailure('missing operand')
  for (const operand of options.operands) {
    call.attempt(`cannot create fifo '${operand}'`, () => {
      call.fs.mknod(call.path(operand), 'fifo', 0o666)
      if (options.has('m')) call.fs.chmod(call.path(operand), Number.parseInt(options.value('m')!, 8))
    })
  }
}

export const mknod: Command = (call) => {
  const options = parseOptions(call, 'm:Z', { mode: 'm:' })
  const [name, kind, major, minor] = options.operands
  if (name === undefined || kind === undefined) throw new CommandFailure('missing operand')
  const type = ({ p: 'fifo', c: 'char', u: 'char', b: 'block' } as const)[kind]
  if (!type) throw new CommandFailure(`invalid device type '${kind}'`)
  if (type !== 'fifo' && minor === undefined) throw new CommandFailure('Special files require major and minor device numbers.')
  call.attempt(name, () => {
    call.fs.mknod(call.path(name), type, 0o666, Number(major ?? 0), Number(minor ?? 0))
    if (options.has('m')) call.fs.chmod(call.path(name), Number.parseInt(options.value('m')!, 8))
  })
}

export const unlink: Command = (call) => {
  const [name] = parseOptions(call, '').operands
  if (name === undefined) throw new CommandFailure('missing operand')
  call.attempt(`cannot unlink '${name}'`, () => call.fs.unlink(call.path(name)))
}

export const link: Command = (call) => {
  const [from, to] = parseOptions(call, '').operands
  if (to === undefined) throw new CommandFailure('missing operand')
  call.attempt(`cannot create link '${to}' to '${from}'`, () => call.fs.link(call.path(from!), call.path(to)))
}

export const hostname: Command = (call) => {
  if (call.args.some((arg) => !/^-[sf]$/.test(arg))) throw new CommandFailure('you must be root to change the host name')
  call.out(`${call.process.run.hostname}\n`)
}

/** Nobody has logged in. */
export const who: Command = () => 0

/** Nor has this shell a name of one that has. */
export const logname: Command = () => {
  throw new CommandFailure('no login name')
}

export const arch: Command = (call) => call.out('x86_64\n')
export const nproc: Command = (call) => call.out('1\n')
export const tty: Command = (call) => {
  call.out('not a tty\n')
  return 1
}

export const uname: Command = (call) => {
  const options = parseOptions(call, 'amnrsvpio', {
    all: 'a',
    machine: 'm',
    nodename: 'n',
    'kernel-release': 'r',
    'kernel-name': 's',
    'kernel-version': 'v',
    'operating-system': 'o',
    processor: 'p',
    'hardware-platform': 'i',
  })
  const all = options.has('a')
  const parts: string[] = []
  if (all || options.has('s') || options.given.length === 0) parts.push('Linux')
  if (all || options.has('n')) parts.push(call.process.run.hostname)
  if (all || options.has('r')) parts.push('6.1.0')
  if (all || options.has('v')) parts.push('#1 SMP')
  if (all || options.has('m')) parts.push('x86_64')
  if (options.has('p', 'i')) parts.push('unknown')
  if (all || options.has('o')) parts.push('GNU/Linux')
  call.out(`${parts.join(' ')}\n`)
}

/** Nothing to write out: but files that are named must exist. */
export const sync: Command = (call) => {
  for (const operand of parseOptions(call, 'df', { data: 'd', 'file-system': 'f' }).operands) {
    try {
      call.fs.stat(call.path(operand))
    } catch (error) {
      call.fail(`error opening '${operand}': ${strerror(error)}`)
    }
  }
}

export const printenv: Command = (call) => {
  const options = parseOptions(call, '+0', { null: '0' })
  const ending = options.has('0') ? '\0' : '\n'
  if (options.operands.length === 0) {
    for (const [name, value] of call.process.env) call.out(`${name}=${value}${ending}`)
    return
  }
  for (const name of options.operands) {
    const value = call.process.env.get(name)
    if (value === undefined) call.status = 1
    else call.out(value + ending)
  }
}
