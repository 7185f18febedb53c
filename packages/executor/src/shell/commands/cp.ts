import type { Stat } from '@layerwright/vfs'
import { type Backup, backup, backupOf } from '../backup.js'
import type { Call } from '../call.js'
import { type Parsed, parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { basename, below, dirname, normalize } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import type { Command } from './types.js'

interface Plan {
  readonly call: Call
  readonly options: Parsed
  readonly recursive: boolean
  /** Which links are followed: all, those named as operands, none. */
  readonly follow: 'all' | 'operands' | 'none'
  readonly keep: { readonly mode: boolean; readonly owner: boolean; readonly times: boolean; readonly links: boolean }
  readonly backup: Backup | undefined
  /** Where a source inode was copied to, so that hard links stay links. */
  readonly copied: Map<string, string>
}

export const cp: Command = async (call) => {
  const options = parseOptions(call, 'abdfHilLnPpRrsS:t:Tuvx', {
    archive: 'a', backup: 'b::', force: 'f', interactive: 'i', link: 'l', dereference: 'L', 'no-clobber': 'n', 'no-dereference': 'P', preserve: 'preserve::',
    'no-preserve': 'no:', parents: 'parents', recursive: 'R', 'remove-destination': 'remove', 'symbolic-link': 's', suffix: 'S:', 'target-directory': 't:',
    'no-target-directory': 'T', update: 'u::', verbose: 'v', 'one-file-system': 'x', reflink: 'reflink::', sparse: 'sparse:', 'strip-trailing-slashes': 'strip',
    'attributes-only': 'attributes',
  }) // biome-ignore format: a table
  const operands = options.has('strip') ? options.operands.map((each) => each.replace(/(?<=.)\/+$/, '')) : [...options.operands]
  let folder = options.value('t')
  if (folder !== undefined && call.fs.find(call.path(folder))?.type !== 'dir')
    throw new CommandFailure(
      `target directory '${folder}': ${call.fs.find(call.path(folder)) ? 'Not a directory' : 'No such file or directory'}`,
    )
  if (operands.length === 0) throw new CommandFailure('missing file operand')
  let target: string | undefined
  if (folder === undefined) {
    if (operands.length === 1) throw new CommandFailure(`missing destination file operand after '${operands[0]}'`)
    target = operands.pop()!
    const isFolder = call.fs.find(call.path(target))?.type === 'dir'
    if (isFolder && !options.has('T')) folder = target
    else if (operands.length > 1)
      throw new CommandFailure(
        `target '${target}'${call.fs.find(call.path(target)) ? ' is not a directory' : ': No such file or directory'}`,
      )
    else if (options.has('parents')) throw new CommandFailure('with --parents, the destination must be a directory')
  }
  const plan = planOf(call, options)
  for (const source of operands) {
    const inside = options.has('parents') ? source.replace(/^\/+/, '') : basename(source)
    const destination =
      folder === undefined ? target! : inside === '..' || inside === '.' ? folder : `${folder.replace(/(?<=.)\/+$/, '')}/${inside}`
    if (options.has('parents') && folder !== undefined) makeParents(plan, source, folder)
    await copy(plan, source, destination, true)
  }
}

function planOf(call: Call, options: Parsed): Plan {
  const archive = options.has('a')
  const named = options.values('preserve').flatMap((value) => (value === '' ? ['mode', 'ownership', 'timestamps'] : value.split(',')))
  const not = options.values('no').flatMap((value) => value.split(','))
  const keeps = (name: string, ...letters: string[]) =>
    !not.includes(name) && !not.includes('all') && (archive || options.has(...letters) || named.includes(name) || named.includes('all'))
  const recursive = options.has('R', 'r', 'a')
  const order = options.given.map(({ name }) => name).filter((name) => 'LPHad'.includes(name))
  const last = order[order.length - 1]
  const follow = last === 'L' ? 'all' : last === 'H' ? 'operands' : last !== undefined ? 'none' : recursive ? 'none' : 'all'
  return {
    call,
    options,
    recursive,
    follow,
    keep: { mode: keeps('mode', 'p'), owner: keeps('ownership', 'p'), times: keeps('timestamps', 'p'), links: keeps('links', 'd') },
    backup: backupOf(options),
    copied: new Map(),
  }
}

function makeParents(plan: Plan, source: string, folder: string): void {
  const { call } = plan
  const parts = dirname(source)
    .split('/')
    .filter((part) => part !== '' && part !== '.')
  let [from, to] = [source.startsWith('/') ? '/' : '', folder]
  for (const part of parts) {
    from = from === '' || from === '/' ? from + part : `${from}/${part}`
    to = `${to}/${part}`
    if (call.fs.find(call.path(to))) continue
    call.fs.mkdir(call.path(to))
    call.fs.chmod(call.path(to), call.fs.stat(call.path(from)).mode)
  }
}

async function copy(plan: Plan, source: string, destination: string, named: boolean): Promise<void> {
  const { call, options } = plan
  await call.step()
  const from = call.path(source)
  const to = call.path(destination)
  let stat: Stat
  try {
    stat = plan.follow === 'all' || (plan.follow === 'operands' && named) ? call.fs.stat(from) : call.fs.lstat(from)
  } catch (error) {
    call.fail(`cannot stat '${source}': ${strerror(error)}`)
    return
  }
  try {
    if (stat.type === 'dir') return await copyDirectory(plan, source, destination, stat)
    await copyLeaf(plan, source, destination, stat, from, to)
    if (options.has('v')) call.out(`'${source}' -> '${destination}'\n`)
  } catch (error) {
    if (error instanceof CommandFailure) {
      if (error.message !== '') call.fail(error.message)
    } else {
      const reason = codeOf(error) === 'EISDIR' && destination.endsWith('/') ? 'Not a directory' : strerror(error)
      const opened = call.fs.find(to) ? 'cannot create regular file' : 'cannot create regular file'
      call.fail(
        call.fs.access(from, 4) || stat.type !== 'file'
          ? `${opened} '${destination}': ${reason}`
          : `cannot open '${source}' for reading: ${reason}`,
      )
    }
  }
}

async function copyDirectory(plan: Plan, source: string, destination: string, stat: Stat): Promise<void> {
  const { call, options } = plan
  if (!plan.recursive) throw new CommandFailure(`-r not specified; omitting directory '${source}'`)
  const to = call.path(destination)
  const existing = call.fs.find(to)
  if (existing && existing.type !== 'dir')
    throw new CommandFailure(`cannot overwrite non-directory '${destination}' with directory '${source}'`)
  const realFrom = call.fs.realpath(call.path(source))
  const realTo = existing ? call.fs.realpath(to) : normalize(`${call.fs.realpath(dirname(to))}/${basename(to)}`)
  if (below(realFrom, realTo) !== undefined) throw new CommandFailure(`cannot copy a directory, '${source}', into itself, '${destination}'`)
  if (!existing) {
    if (call.fs.find(to, false)) throw new CommandFailure(`cannot overwrite non-directory '${destination}' with directory '${source}'`)
    try {
      call.fs.mkdir(to)
    } catch (error) {
      throw new CommandFailure(`cannot create directory '${destination}': ${strerror(error)}`)
    }
    if (options.has('v')) call.out(`'${source}' -> '${destination}'\n`)
  }
  for (const entry of call.fs.readdir(call.path(source))) {
    await copy(plan, `${source.replace(/(?<=.)\/+$/, '')}/${entry.name}`, `${destination.replace(/(?<=.)\/+$/, '')}/${entry.name}`, false)
  }
  if (!existing && !plan.keep.mode) call.fs.chmod(to, (stat.mode & ~call.fs.umask & 0o777) | (call.fs.stat(to).mode & 0o2000))
  if (!existing || plan.keep.mode) keepAttributes(plan, to, stat, false)
}

async function copyLeaf(plan: Plan, source: string, destination: string, stat: Stat, from: string, to: string): Promise<void> {
  const { call, options } = plan
  let existing = call.fs.find(to, false)
  const target = call.fs.find(to)
  if (target?.type === 'dir')
    throw new CommandFailure(
      `cannot overwrite directory '${destination}' with non-directory${existing?.type === 'dir' ? ` '${source}'` : ''}`.replace(
        / '[^']*'$/,
        (end) => end,
      ),
    )
  if (
    existing &&
    target &&
    target.ino === stat.ino &&
    target.dev === stat.dev &&
    !(plan.backup || options.has('l') || (options.has('remove') && existing.type === 'symlink'))
  ) {
    if (stat.type !== 'symlink' || existing.ino === stat.ino) throw new CommandFailure(`'${source}' and '${destination}' are the same file`)
  }
  if (existing) {
    if (options.has('n')) throw new CommandFailure('')
    if (options.has('u') && options.value('u') !== 'all' && existing.mtimeNs >= stat.mtimeNs) return
    if (plan.backup) {
      backup(call, destination, plan.backup)
      existing = undefined
    } else if (options.has('remove') || options.has('l', 's') || stat.type !== 'file') {
      if (options.has('l', 's') && !options.has('f', 'remove') && stat.type === 'file') throw Object.assign(new Error(), { code: 'EEXIST' })
      call.fs.unlink(to)
      existing = undefined
    } else if (existing.type === 'symlink' && !target) {
      throw new CommandFailure(`not writing through dangling symlink '${destination}'`)
    }
  }
  const key = `${stat.dev}:${stat.ino}`
  const earlier = plan.copied.get(key)
  if (plan.keep.links && stat.nlink > 1 && earlier !== undefined) {
    if (existing) call.fs.unlink(to)
    call.fs.link(earlier, to)
    return
  }
  if (stat.nlink > 1) plan.copied.set(key, to)
  if (options.has('l')) return call.fs.link(from, to)
  if (options.has('s')) return call.fs.symlink(source, to)
  if (stat.type === 'symlink') call.fs.symlink(call.fs.readlink(from), to)
  else if (stat.type === 'file' || !plan.recursive) await copyContent(plan, from, to, stat, existing !== undefined)
  else call.fs.mknod(to, stat.type as 'fifo' | 'char' | 'block', stat.mode, stat.major, stat.minor)
  keepAttributes(plan, to, stat, stat.type === 'symlink')
}

async function copyContent(plan: Plan, from: string, to: string, stat: Stat, exists: boolean): Promise<void> {
  const { call, options } = plan
  const input = call.open(from)
  try {
    let output: ReturnType<typeof call.create>
    try {
      output = call.create(to, { mode: stat.mode & 0o777 })
    } catch (error) {
      if (!exists || !options.has('f') || codeOf(error) !== 'EACCES') throw error
      call.fs.unlink(to)
      output = call.create(to, { mode: stat.mode & 0o777 })
    }
    try {
      if (options.has('attributes')) return
      for (let bytes = await input.read(call.process.task); bytes; bytes = await input.read(call.process.task))
        await output.write(call.process.task, bytes)
    } finally {
      output.release()
    }
  } finally {
    input.release()
  }
}

function keepAttributes(plan: Plan, to: string, stat: Stat, nofollow: boolean): void {
  const { call, keep } = plan
  if (keep.owner) {
    try {
      call.fs.chown(to, stat.uid, stat.gid, nofollow)
    } catch (error) {
      // Who is not root keeps what it may, silently, as cp does.
      if (codeOf(error) !== 'EPERM') throw error
    }
  }
  if (keep.mode && !nofollow) call.fs.chmod(to, stat.mode)
  if (keep.times) call.fs.utimes(to, stat.mtimeNs, { nofollow, explicit: true })
}
