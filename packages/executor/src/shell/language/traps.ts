// cycle-ok: a handler is a script
import { runScript } from './script.js'
import type { Shell } from './shell.js'
import { SyntaxFault } from './syntax.js'

/** Signals by name, as `kill -l` and `trap` know them. */
export const signalNumbers: ReadonlyMap<string, number> = new Map(
  ['HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE', 'ALRM', 'TERM', 'STKFLT', 'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'IO', 'PWR', 'SYS'].map(
    (name, at) => [name, at + 1],
  ),
) // biome-ignore format: a table

/** The name that a trap is kept under: `EXIT`, `ERR`, `TERM`; undefined for no signal. */
export function trapName(text: string): string | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '')
  if (name === '0' || name === 'EXIT') return 'EXIT'
  if (['ERR', 'DEBUG', 'RETURN'].includes(name) || signalNumbers.has(name)) return name
  return [...signalNumbers].find(([, number]) => String(number) === name)?.[0]
}

/** Runs a handler; `$?` is the same after it. */
export async function runTrap(shell: Shell, action: string): Promise<void> {
  const { status, lenient } = shell
  try {
    await runScript(shell, shell.run.parser.parse(action))
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    await shell.complain(`trap: ${error.message}`)
  } finally {
    shell.lenient = lenient
  }
  shell.status = status
}
