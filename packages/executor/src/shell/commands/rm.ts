import type { Call } from '../call.js'
import { type Parsed, parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { basename } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import type { Command } from './types.js'

export const rm: Command = async (call) => {
  const options = parseOptions(call, 'dfiIrRv', {
    dir: 'd',
    force: 'f',
    recursive: 'r',
    verbose: 'v',
    interactive: 'i::',
    'one-file-system': 'one',
    'preserve-root': 'keep::',
    'no-preserve-root': 'noroot',
  })
  const force = options.has('f')
  if (options.has('i', 'I') && options.given.findLast(({ name }) => 'fiI'.includes(name))?.name !== 'f')
    throw new NotSimulated('it asks before it removes')
  if (options.operands.length === 0) {
    if (force) return
    throw new CommandFailure('missing operand')
  }
  for (const operand of options.operands) {
    const last = basename(operand)
    if (last === '.' || last === '..') {
      call.fail(`refusing to remove '.' or '..' directory: skipping '${operand}'`)
      continue
    }
    if (/^\/+$/.test(operand) && !options.has('noroot')) {
      call.fail(`it is dangerous to operate recursively on '/'`)
      continue
    }
    await remove(call, operand, options)
  }
}

async function remove(call: Call, operand: string, options: Parsed): Promise<boolean> {
  const path = call.path(operand)
  try {
    const stat = call.fs.lstat(path)
    await call.step()
    if (stat.type !== 'dir') {
      call.fs.unlink(path)
      if (options.has('v')) call.out(`removed '${operand}'\n`)
      return true
    }
    if (!options.has('r', 'R')) {
      if (!options.has('d')) throw Object.assign(new Error(), { code: 'EISDIR' })
    } else {
      let empty = true
      for (const entry of call.fs.readdir(path)) {
        if (!(await remove(call, `${operand.replace(/\/+$/, '')}/${entry.name}`, options))) empty = false
      }
      if (!empty) return false
    }
    call.fs.rmdir(path)
    if (options.has('v')) call.out(`removed directory '${operand}'\n`)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (options.has('f') && (code === 'ENOENT' || code === 'ENOTDIR')) return true
    call.fail(`cannot remove '${operand}': ${strerror(error)}`)
    return false
  }
}
