import type { Shell } from '../language/shell.js'
// cycle-ok: command runs a program
import { runProgram } from '../language/simple.js'
import { findProgram } from '../launch.js'
// cycle-ok: command and builtin look builtins up, and are builtins
import { findBuiltin } from './index.js'
import type { Builtin } from './types.js'

const keywords = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'case',
  'esac',
  'for',
  'while',
  'until',
  'do',
  'done',
  'in',
  'function',
  'select',
  'time',
  '{',
  '}',
  '!',
  '[[',
  ']]',
  'coproc',
])
/** PATH of `command -p`. */
const standardPath = '/usr/sbin:/usr/bin:/sbin:/bin'

/** Runs a builtin or a program, but no function. */
export const command: Builtin = async (shell, args, arrays) => {
  let flags = ''
  let at = 0
  for (; /^-[pvV]+$/.test(args[at] ?? ''); at++) flags += args[at]!.slice(1)
  if (args[at] === '--') at++
  const rest = args.slice(at)
  if (rest.length === 0) return 0
  if (flags.includes('v') || flags.includes('V')) {
    let status = shell.dialect === 'bash' ? 1 : 127
    for (const name of rest) {
      const found = await describe(shell, name, flags.includes('V') ? 'long' : 'short', flags.includes('p') ? standardPath : undefined)
      if (found !== undefined) {
        await shell.write(1, `${found}\n`)
        status = 0
      } else if (flags.includes('V')) await shell.complain(`command: ${name}: not found`)
    }
    return status
  }
  const builtin = findBuiltin(shell, rest[0]!)
  if (builtin) return (await builtin(shell, rest.slice(1), new Map([...arrays].map(([place, array]) => [place - at - 1, array])))) ?? 0
  return runProgram(shell, rest)
}

async function describe(
  shell: Shell,
  name: string,
  style: 'short' | 'long',
  path = shell.env.get('PATH') ?? '',
): Promise<string | undefined> {
  const long = style === 'long'
  if (shell.aliases.has(name))
    return long ? `${name} is aliased to \`${shell.aliases.get(name)}'` : `alias ${name}='${shell.aliases.get(name)}'`
  if (keywords.has(name)) return long ? `${name} is a shell keyword` : name
  if (shell.functions.has(name)) return long ? `${name} is a function` : name
  if (findBuiltin(shell, name)) return long ? `${name} is a shell builtin` : name
  const found = await findProgram({ run: shell.run, fs: shell.fs, cwd: shell.cwd, task: shell.task }, name, path)
  // A program that is only known by name is in no folder.
  if ('failed' in found || (found.kind === 'program' && !found.path.includes('/'))) return undefined
  return long ? `${name} is ${found.path}` : found.path
}

export const type: Builtin = async (shell, args) => {
  let flags = ''
  let at = 0
  for (; /^-[afptP]+$/.test(args[at] ?? ''); at++) flags += args[at]!.slice(1)
  let status = 0
  for (const name of args.slice(at)) {
    const kind = shell.aliases.has(name)
      ? 'alias'
      : keywords.has(name)
        ? 'keyword'
        : shell.functions.has(name)
          ? 'function'
          : findBuiltin(shell, name)
            ? 'builtin'
            : 'file'
    const long = await describe(shell, name, 'long')
    if (long === undefined || (flags.includes('P') && kind !== 'file')) {
      if (!/[ptP]/.test(flags)) await shell.complain(`type: ${name}: not found`)
      status = shell.dialect === 'bash' ? 1 : 127
    } else if (flags.includes('t')) await shell.write(1, `${kind}\n`)
    else if (/[pP]/.test(flags)) {
      if (kind === 'file') await shell.write(1, `${await describe(shell, name, 'short')}\n`)
    } else await shell.write(1, `${long}\n`)
  }
  return status
}

export const builtin: Builtin = async (shell, args, arrays) => {
  const [name, ...rest] = args
  if (name === undefined) return 0
  const found = findBuiltin(shell, name)
  if (found) return (await found(shell, rest, new Map([...arrays].map(([place, array]) => [place - 1, array])))) ?? 0
  await shell.complain(`builtin: ${name}: not a shell builtin`)
  return 1
}
