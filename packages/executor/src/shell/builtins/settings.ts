import { optionName, setOptions } from '../language/options.js'
import { quoteWord, traceWord } from '../language/quote.js'
import type { Shell } from '../language/shell.js'
import { FatalFault } from '../language/signals.js'
import type { Builtin } from './types.js'

async function listOptions(shell: Shell, asCommands: boolean): Promise<void> {
  const names = setOptions.map(([, name]) => name).sort()
  for (const name of names) {
    const on = shell.has(name)
    await shell.write(1, asCommands ? `set ${on ? '-' : '+'}o ${name}\n` : `${name.padEnd(15)}\t${on ? 'on' : 'off'}\n`)
  }
}

export const set: Builtin = async (shell, args) => {
  if (args.length === 0) {
    for (const name of shell.env.names()) {
      const { value } = shell.env.find(name)!
      if (typeof value === 'string')
        await shell.write(1, `${name}=${shell.dialect === 'bash' ? traceWord(value).replace(/^''$/, '') : quoteWord(value)}\n`)
    }
    return
  }
  let at = 0
  for (; at < args.length; at++) {
    const arg = args[at]!
    if (arg === '--') {
      shell.positional = args.slice(at + 1)
      return
    }
    if (arg === '-') {
      shell.options.delete('xtrace')
      shell.options.delete('verbose')
      at++
      break
    }
    if (!/^[-+]./.test(arg)) break
    const on = arg.startsWith('-')
    for (const letter of arg.slice(1)) {
      if (letter === 'o') {
        const name = args[++at]
        if (name === undefined) {
          await listOptions(shell, !on)
          return
        }
        const known = setOptions.some(([, each]) => each === name) && !(shell.dialect === 'dash' && name === 'pipefail')
        if (!known) return invalid(shell, name, `${name}: invalid option name`, `Illegal option ${arg.slice(0, 1)}o ${name}`)
        change(shell, name, on)
        continue
      }
      const name = optionName(letter)
      if (name === undefined)
        return invalid(shell, letter, `${arg.slice(0, 1)}${letter}: invalid option`, `Illegal option ${arg.slice(0, 1)}${letter}`)
      change(shell, name, on)
    }
  }
  if (at < args.length) shell.positional = args.slice(at)
}

function change(shell: Shell, name: string, on: boolean): void {
  if (on) shell.options.add(name)
  else shell.options.delete(name)
}

async function invalid(shell: Shell, _name: string, bash: string, posix: string): Promise<number> {
  if (shell.dialect !== 'bash') throw new FatalFault(`set: ${posix}`, 2)
  await shell.complain(`set: ${bash}`)
  return 2
}

export const shopt: Builtin = async (shell, args) => {
  const flags = args.filter((arg) => /^-[a-z]+$/.test(arg)).join('')
  const names = args.filter((arg) => !/^-[a-z]+$/.test(arg))
  if (flags.includes('o')) {
    if (flags.includes('s') || flags.includes('u')) {
      for (const name of names) change(shell, name, flags.includes('s'))
      return
    }
    return names.every((name) => shell.has(name)) ? 0 : 1
  }
  for (const name of names) {
    if (!shell.shopts.has(name)) {
      await shell.complain(`shopt: ${name}: invalid shell option name`)
      return 1
    }
  }
  if (flags.includes('s') || flags.includes('u')) {
    for (const name of names) shell.shopts.set(name, flags.includes('s'))
    return
  }
  const shown = names.length > 0 ? names : [...shell.shopts.keys()]
  if (!flags.includes('q')) {
    for (const name of shown) {
      const on = shell.shopt(name)
      await shell.write(1, flags.includes('p') ? `shopt -${on ? 's' : 'u'} ${name}\n` : `${name.padEnd(15)}\t${on ? 'on' : 'off'}\n`)
    }
  }
  return names.length === 0 || names.every((name) => shell.shopt(name)) ? 0 : 1
}

export const alias: Builtin = async (shell, args) => {
  let status = 0
  const show = (name: string) =>
    shell.write(1, `${shell.dialect === 'bash' ? 'alias ' : ''}${name}=${quoteWord(shell.aliases.get(name)!)}\n`)
  if (args.length === 0) for (const name of [...shell.aliases.keys()].sort()) await show(name)
  for (const arg of args.filter((each) => each !== '-p')) {
    const equals = arg.indexOf('=')
    if (equals > 0) shell.aliases.set(arg.slice(0, equals), arg.slice(equals + 1))
    else if (shell.aliases.has(arg)) await show(arg)
    else {
      await shell.complain(`alias: ${arg}: not found`)
      status = 1
    }
  }
  return status
}

export const unalias: Builtin = async (shell, args) => {
  if (args[0] === '-a') {
    shell.aliases.clear()
    return
  }
  let status = 0
  for (const name of args) {
    if (shell.aliases.delete(name)) continue
    await shell.complain(`unalias: ${name}: not found`)
    status = 1
  }
  return status
}

/** `umask`, `umask 022`, `umask u=rwx,g=rx,o=`, `umask -S` */
export const umask: Builtin = async (shell, args) => {
  const [mode] = args.filter((arg) => !/^-[Sp]+$/.test(arg))
  const current = shell.fs.umask
  if (mode === undefined) {
    const letters = (bits: number) => ['r', 'w', 'x'].filter((_, at) => (bits & (4 >> at)) !== 0).join('')
    const allowed = ~current & 0o777
    const symbolic = `u=${letters(allowed >> 6)},g=${letters((allowed >> 3) & 7)},o=${letters(allowed & 7)}`
    await shell.write(1, `${args.includes('-S') ? symbolic : current.toString(8).padStart(4, '0')}\n`)
    return
  }
  if (/^[0-7]+$/.test(mode)) {
    shell.fs.umask = Number.parseInt(mode, 8) & 0o777
    return
  }
  const { changeMode } = await import('../text/mode.js')
  const allowed = changeMode(mode, ~current & 0o777, { isDirectory: false, umask: 0 })
  if (allowed === undefined) {
    if (shell.dialect !== 'bash') throw new FatalFault(`umask: Illegal mode: ${mode}`, 2)
    await shell.complain(`umask: ${mode}: ${/^[0-9]/.test(mode) ? 'octal number out of range' : 'invalid symbolic mode operator'}`)
    return 1
  }
  shell.fs.umask = ~allowed & 0o777
}

/** Limits are those of the simulated shell; asking for the usual ones is answered, setting is accepted by no kernel here. */
export const ulimit: Builtin = async (shell, args) => {
  const values: Readonly<Record<string, string>> = {
    n: '1048576',
    u: 'unlimited',
    f: 'unlimited',
    c: '0',
    s: '8192',
    v: 'unlimited',
    l: '8192',
    t: 'unlimited',
    d: 'unlimited',
    m: 'unlimited',
  }
  const flags = args
    .filter((arg) => /^-[a-zA-Z]+$/.test(arg))
    .join('')
    .replace(/[-SH]/g, '')
  const setting = args.find((arg) => !arg.startsWith('-'))
  if (setting !== undefined) return 0
  const value = values[flags || 'f']
  if (value === undefined) {
    await shell.complain(`ulimit: -${flags}: invalid option`)
    return 2
  }
  await shell.write(1, `${value}\n`)
}
