import { backup, backupOf } from '../backup.js'
import { Call } from '../call.js'
import { type Parsed, parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { basename, stripSlashes } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import { cp } from './cp.js'
import { rm } from './rm.js'
import type { Command } from './types.js'

export const mv: Command = async (call) => {
  const options = parseOptions(call, 'bfinS:t:TuvZ', {
    backup: 'b::',
    force: 'f',
    interactive: 'i',
    'no-clobber': 'n',
    suffix: 'S:',
    'target-directory': 't:',
    'no-target-directory': 'T',
    update: 'u::',
    verbose: 'v',
    'strip-trailing-slashes': 'strip',
  })
  const operands = [...options.operands]
  if (operands.length === 0) throw new CommandFailure('missing file operand')
  let folder = options.value('t')
  let target: string | undefined
  if (folder === undefined) {
    if (operands.length === 1) throw new CommandFailure(`missing destination file operand after '${operands[0]}'`)
    target = operands.pop()!
    if (call.fs.find(call.path(target))?.type === 'dir' && !options.has('T')) folder = target
    else if (operands.length > 1)
      throw new CommandFailure(
        `target '${target}'${call.fs.find(call.path(target)) ? ' is not a directory' : ': No such file or directory'}`,
      )
  }
  for (const source of operands) {
    const destination = folder === undefined ? target! : `${folder.replace(/(?<=.)\/+$/, '')}/${basename(source)}`
    try {
      await move(call, source, destination, options)
    } catch (error) {
      if (error instanceof CommandFailure) call.fail(error.message)
      else if (codeOf(error) === 'ENOENT' && !call.fs.find(call.path(stripSlashes(source)), false))
        call.fail(`cannot stat '${source}': ${strerror(error)}`)
      else call.fail(`cannot move '${source}' to '${destination}': ${strerror(error)}`)
    }
  }
}

async function move(call: Call, source: string, destination: string, options: Parsed): Promise<void> {
  const from = call.path(stripSlashes(source))
  const to = call.path(destination)
  const stat = call.fs.lstat(from)
  const existing = call.fs.find(stripSlashes(to), false)
  if (existing) {
    // The last of -f, -i and -n counts.
    const asked = options.given.filter(({ name }) => 'fin'.includes(name)).pop()?.name
    if (asked === 'n') return
    if (options.has('u') && options.value('u') !== 'all' && existing.mtimeNs >= stat.mtimeNs) return
    if (existing.ino === stat.ino && existing.dev === stat.dev && stat.type !== 'dir') {
      if (from !== to && stat.nlink > 1) {
        call.fs.unlink(from)
        return
      }
      throw new CommandFailure(`'${source}' and '${destination}' are the same file`)
    }
    if (existing.type === 'dir' && stat.type !== 'dir')
      throw new CommandFailure(`cannot overwrite directory '${destination}' with non-directory`)
    if (existing.type !== 'dir' && stat.type === 'dir')
      throw new CommandFailure(`cannot overwrite non-directory '${destination}' with directory '${source}'`)
    const saved = backupOf(options)
    if (saved) backup(call, destination, saved)
  } else if (destination.endsWith('/') && stat.type !== 'dir') throw Object.assign(new Error(), { code: 'ENOTDIR' })
  try {
    call.fs.rename(from, stripSlashes(to))
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EINVAL') throw new CommandFailure(`cannot move '${source}' to a subdirectory of itself, '${destination}'`)
    if (code !== 'EXDEV') throw error
    await copyAcross(call, source, destination)
  }
  if (options.has('v')) call.out(`renamed '${source}' -> '${destination}'\n`)
}

/** Between filesystems: a copy that keeps everything, then the removal of the old. */
async function copyAcross(call: Call, source: string, destination: string): Promise<void> {
  const target = call.fs.find(call.path(destination), false)
  if (target && target.type !== 'dir') call.fs.unlink(call.path(destination))
  const run = async (name: string, args: string[], command: Command) => {
    const inner = new Call({ ...call.process, argv: [name, ...args] }, 'mv')
    return inner.guard(() => command(inner))
  }
  if ((await run('cp', ['-a', '-T', '--', source, destination], cp)) !== 0) throw new CommandFailure(`failed to copy '${source}'`)
  await run('rm', ['-rf', '--', source], rm)
}
