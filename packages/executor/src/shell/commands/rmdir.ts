import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { dirname, stripSlashes } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import type { Command } from './types.js'

export const rmdir: Command = (call) => {
  const options = parseOptions(call, 'pv', { parents: 'p', verbose: 'v', 'ignore-fail-on-non-empty': 'ignore' })
  if (options.operands.length === 0) throw new CommandFailure('missing operand')
  for (const operand of options.operands) {
    let path = stripSlashes(operand)
    for (;;) {
      try {
        call.fs.rmdir(call.path(path))
        if (options.has('v')) call.out(`rmdir: removing directory, '${path}'\n`)
      } catch (error) {
        if (codeOf(error) === 'ENOTEMPTY' && options.has('ignore')) break
        const what = path === operand || stripSlashes(operand) === path ? '' : 'directory '
        call.fail(`failed to remove ${what}'${path}': ${strerror(error)}`)
        break
      }
      const parent = dirname(path)
      if (!options.has('p') || parent === '.' || parent === '/') break
      path = parent
    }
  }
}
