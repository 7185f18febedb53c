import { Call } from '../call.js'
import { findCommand } from '../commands/index.js'
import { contained } from '../contained.js'
import type { Shell } from '../language/shell.js'
import { tracedEnv } from '../system/traced-env.js'
import { cd, dirs, popd, pushd, pwd } from './directory.js'
import { breakLoop, continueLoop, evaluate, exit, returnFrom, source } from './flow.js'
import { getopts, mapfile, read } from './input.js'
import { jobs, kill, trap, wait } from './jobs.js'
import { builtin, command, type } from './lookup.js'
import { alias, set, shopt, ulimit, umask, unalias } from './settings.js'
import type { Builtin } from './types.js'
import { declare, exportVariables, letArithmetic, local, readonlyVariables, shift, unset } from './variables.js'

const nothing: Builtin = () => 0

/** A command of the pack that shells also have inside. */
function shared(name: string): Builtin {
  return (shell, args) => {
    const call = new Call(
      {
        run: shell.run,
        task: shell.task,
        fs: shell.fs,
        fds: shell.fds,
        argv: [name, ...args],
        get env() {
          return tracedEnv(shell.env.environment(), shell.fs.shared.onAccess)
        },
        cwd: shell.cwd,
        pid: shell.pid,
        depth: shell.depth,
        line: shell.line,
      },
      name,
    )
    call.shell = shell
    return contained(call, () => findCommand(name)!(call))
  }
}

const posix: readonly (readonly [string, Builtin])[] = [
  [':', nothing],
  ['.', source],
  ['alias', alias],
  ['bg', nothing],
  ['break', breakLoop],
  ['cd', cd],
  ['command', command],
  ['continue', continueLoop],
  ['echo', shared('echo')],
  ['eval', evaluate],
  ['exec', nothing],
  ['exit', exit],
  ['export', exportVariables],
  ['false', () => 1],
  ['fg', nothing],
  ['getopts', getopts],
  ['hash', nothing],
  ['jobs', jobs],
  ['kill', kill],
  ['local', local],
  ['printf', shared('printf')],
  ['pwd', pwd],
  ['read', read],
  ['readonly', readonlyVariables],
  ['return', returnFrom],
  ['set', set],
  ['shift', shift],
  ['test', shared('test')],
  ['[', shared('[')],
  ['times', (shell) => shell.write(1, '0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n')],
  ['trap', trap],
  ['true', nothing],
  ['type', type],
  ['ulimit', ulimit],
  ['umask', umask],
  ['unalias', unalias],
  ['unset', unset],
  ['wait', wait],
]

const bashOnly: readonly (readonly [string, Builtin])[] = [
  ['builtin', builtin],
  ['declare', declare],
  ['dirs', dirs],
  ['disown', nothing],
  ['enable', nothing],
  ['let', letArithmetic],
  ['logout', exit],
  ['mapfile', mapfile],
  ['popd', popd],
  ['pushd', pushd],
  ['readarray', mapfile],
  ['shopt', shopt],
  ['source', source],
  ['typeset', declare],
]

const tables = {
  dash: new Map(posix),
  ash: new Map([...posix, ['source', source] as const, ['let', letArithmetic] as const]),
  bash: new Map([...posix, ...bashOnly]),
}

/** The builtin of a name in this shell's dialect. */
export function findBuiltin(shell: Shell, name: string): Builtin | undefined {
  return tables[shell.dialect].get(name)
}
