import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { stripSlashes } from '../system/paths.js'
import { strerror } from '../system/strerror.js'
import { changeMode } from '../text/mode.js'
import type { Command } from './types.js'

export const mkdir: Command = (call) => {
  const options = parseOptions(call, 'pm:vZ', { parents: 'p', mode: 'm:', verbose: 'v' })
  if (options.operands.length === 0) throw new CommandFailure('missing operand')
  const spec = options.value('m')
  const { umask } = call.fs
  const mode = spec === undefined ? undefined : changeMode(spec, 0o777, { isDirectory: true, umask })
  if (spec !== undefined && mode === undefined) throw new CommandFailure(`invalid mode '${spec}'`)
  for (const operand of options.operands) {
    try {
      if (options.has('p')) makeParents(operand)
      else make(operand, mode)
    } catch (error) {
      call.fail(`cannot create directory '${operand}': ${strerror(error)}`)
    }
  }

  function make(operand: string, wanted: number | undefined): void {
    call.fs.mkdir(call.path(operand))
    // An explicit mode is not masked.
    if (wanted !== undefined) call.fs.chmod(call.path(operand), wanted)
    if (options.has('v')) call.out(`mkdir: created directory '${operand}'\n`)
  }

  function makeParents(operand: string): void {
    const trimmed = stripSlashes(operand)
    const parts = trimmed.split('/')
    for (let count = 1; count <= parts.length; count++) {
      const path = parts.slice(0, count).join('/')
      if (path === '' || call.fs.find(call.path(path))?.type === 'dir') continue
      make(path, count === parts.length ? mode : undefined)
    }
  }
}
