import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { strerror } from '../system/strerror.js'
import { changeMode, showMode } from '../text/mode.js'
import { walk } from '../walk.js'
import type { Command } from './types.js'

export const chmod: Command = async (call) => {
  // A mode may begin with a minus, which is then no option.
  const args = call.args.map((arg) => (/^-[rwxXstugoa,=+-]+$/.test(arg) && !/^-R+$/.test(arg) ? `\0${arg}` : arg))
  const options = parseOptions({ args, name: call.name }, 'Rcfv', {
    recursive: 'R',
    changes: 'c',
    silent: 'f',
    quiet: 'f',
    verbose: 'v',
    reference: 'ref:',
    'preserve-root': 'p',
    'no-preserve-root': 'np',
  })
  const operands = options.operands.map((each) => each.replace('\0', ''))
  const reference = options.value('ref')
  const spec = reference === undefined ? operands.shift() : call.fs.stat(call.path(reference)).mode.toString(8).padStart(5, '0')
  if (spec === undefined) throw new CommandFailure('missing operand')
  if (operands.length === 0) throw new CommandFailure(`missing operand after '${spec}'`)
  if (changeMode(spec, 0, { isDirectory: false, umask: 0 }) === undefined) throw new CommandFailure(`invalid mode: '${spec}'`)
  const { umask } = call.fs
  for (const operand of operands) {
    if (!options.has('R')) {
      change(operand, false)
      continue
    }
    await walk(
      call,
      operand,
      (place, stat) => {
        if (stat.type !== 'symlink') change(place, true)
      },
      (place, error) => call.fail(`cannot access '${place}': ${strerror(error)}`),
    )
  }

  function change(place: string, below: boolean): void {
    const path = call.path(place)
    try {
      const stat = call.fs.stat(path)
      const mode = changeMode(spec!, stat.mode, { isDirectory: stat.type === 'dir', umask, plain: call.busybox })!
      call.fs.chmod(path, mode)
      if (options.has('v') || (options.has('c') && mode !== stat.mode)) {
        const shown = (each: number) => `${each.toString(8).padStart(4, '0')} (${showMode('file', each).slice(1)})`
        call.out(
          mode === stat.mode
            ? `mode of '${place}' retained as ${shown(mode)}\n`
            : `mode of '${place}' changed from ${shown(stat.mode)} to ${shown(mode)}\n`,
        )
      }
    } catch (error) {
      if (options.has('f')) call.status = 1
      else if (!below && !call.fs.find(path)) {
        call.fail(
          call.fs.find(path, false) ? `cannot operate on dangling symlink '${place}'` : `cannot access '${place}': ${strerror(error)}`,
        )
      } else call.fail(`changing permissions of '${place}': ${strerror(error)}`)
    }
  }
}
