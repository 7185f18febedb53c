import { backup, backupOf } from '../backup.js'
import type { Call } from '../call.js'
import { type Parsed, parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { basename, dirname } from '../system/paths.js'
import { strerror } from '../system/strerror.js'
import { relativePath } from './realpath.js'
import type { Command } from './types.js'

export const ln: Command = (call) => {
  const options = parseOptions(call, 'bdfFiLnPrsS:t:Tv', {
    symbolic: 's',
    force: 'f',
    'no-dereference': 'n',
    relative: 'r',
    'target-directory': 't:',
    'no-target-directory': 'T',
    verbose: 'v',
    backup: 'b::',
    suffix: 'S:',
    logical: 'L',
    physical: 'P',
    interactive: 'i',
  })
  const operands = [...options.operands]
  if (operands.length === 0) throw new CommandFailure('missing file operand')
  let folder = options.value('t')
  if (folder === undefined && !options.has('T')) {
    if (operands.length === 1) folder = '.'
    else {
      const last = operands[operands.length - 1]!
      const stat = call.fs.find(call.path(last), !options.has('n'))
      if (stat?.type === 'dir') {
        folder = last
        operands.pop()
      } else if (operands.length > 2) throw new CommandFailure(`target '${last}' is not a directory`)
    }
  }
  if (folder === undefined) {
    const [target, name] = operands
    if (name === undefined) throw new CommandFailure(`missing destination file operand after '${target}'`)
    if (operands.length > 2) throw new CommandFailure(`extra operand '${operands[2]}'`)
    link(call, target!, name, options)
    return
  }
  for (const target of operands) link(call, target, `${folder.replace(/(?<=.)\/+$/, '')}/${basename(target)}`, options)
}

function link(call: Call, target: string, name: string, options: Parsed): void {
  const symbolic = options.has('s')
  const path = call.path(name)
  try {
    const existing = call.fs.find(path, false)
    const source = symbolic ? undefined : call.fs.lstat(call.path(target))
    if (source?.type === 'dir') throw new CommandFailure(`${target}: hard link not allowed for directory`)
    if (existing && options.has('i') && !options.has('f')) throw new NotSimulated('it asks before it replaces')
    if (existing && (options.has('f') || options.has('b'))) {
      if (existing.type === 'dir') throw new CommandFailure(`${name}: cannot overwrite directory`)
      if (source && existing.ino === source.ino && existing.dev === source.dev) {
        if (path === call.path(target)) throw new CommandFailure(`'${target}' and '${name}' are the same file`)
        return
      }
      const saved = backupOf(options)
      if (saved) backup(call, name, saved)
      else call.fs.unlink(path)
    }
    if (symbolic) call.fs.symlink(options.has('r') ? relativePath(call, target, dirname(name)) : target, path)
    else call.fs.link(options.has('L') && source?.type === 'symlink' ? call.fs.realpath(call.path(target)) : call.path(target), path)
    if (options.has('v')) call.out(`'${name}' ${symbolic ? '->' : '=>'} '${target}'\n`)
  } catch (error) {
    if (error instanceof NotSimulated) throw error
    if (error instanceof CommandFailure) call.fail(error.message)
    else if (!symbolic && !call.fs.find(call.path(target), false)) call.fail(`failed to access '${target}': ${strerror(error)}`)
    else
      call.fail(`failed to create ${symbolic ? 'symbolic' : 'hard'} link '${name}'${symbolic ? '' : ` => '${target}'`}: ${strerror(error)}`)
  }
}
