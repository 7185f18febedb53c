import { backup, backupOf } from '../backup.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { basename, dirname, stripSlashes } from '../system/paths.js'
import { strerror } from '../system/strerror.js'
import { changeMode } from '../text/mode.js'
import { Owners } from '../text/owners.js'
import type { Command } from './types.js'

/** install, mktemp, truncate, dd, cmp, du, df, shred-free small ones. */

export const install: Command = async (call) => {
  const options = parseOptions(call, 'bcCdDg:m:o:psS:t:Tv', {
    backup: 'b::',
    directory: 'd',
    group: 'g:',
    mode: 'm:',
    owner: 'o:',
    'preserve-timestamps': 'p',
    strip: 's',
    suffix: 'S:',
    'target-directory': 't:',
    'no-target-directory': 'T',
    verbose: 'v',
    compare: 'C',
  })
  if (options.has('s')) throw new NotSimulated('-s: strip is not simulated')
  const mode = changeMode(options.value('m') ?? '755', 0, { isDirectory: false, umask: 0 })
  if (mode === undefined) throw new CommandFailure(`invalid mode '${options.value('m')}'`)
  const owners = await Owners.load(call)
  const named = (letter: 'o' | 'g') => {
    const text = options.value(letter)
    if (text === undefined) return -1
    const id = letter === 'o' ? owners.uid(text) : owners.gid(text)
    if (id === undefined) throw new CommandFailure(`invalid ${letter === 'o' ? 'user' : 'group'} '${text}'`)
    return id
  }
  const [uid, gid] = [named('o'), named('g')]
  const finish = (path: string) => {
    if (uid !== -1 || gid !== -1) call.fs.chown(path, uid, gid)
    call.fs.chmod(path, mode)
  }
  const makeFolders = (operand: string) => {
    const parts = stripSlashes(operand).split('/')
    for (let count = 1; count <= parts.length; count++) {
      const path = parts.slice(0, count).join('/')
      if (path === '' || call.fs.find(call.path(path))?.type === 'dir') continue
      call.fs.mkdir(call.path(path))
      // Parents get 0755, whatever the umask is.
      call.fs.chmod(call.path(path), 0o755)
      if (options.has('v')) call.out(`install: creating directory '${path}'\n`)
    }
  }
  const operands = [...options.operands]
  if (options.has('d')) {
    if (operands.length === 0) throw new CommandFailure('missing file operand')
    for (const operand of operands) {
      try {
        makeFolders(operand)
        finish(call.path(operand))
      } catch (error) {
        call.fail(`cannot create directory '${operand}': ${strerror(error)}`)
      }
    }
    return
  }
  if (operands.length === 0) throw new CommandFailure('missing file operand')
  let folder = options.value('t')
  if (folder === undefined) {
    if (operands.length === 1) throw new CommandFailure(`missing destination file operand after '${operands[0]}'`)
    const target = operands[operands.length - 1]!
    if (!options.has('T') && call.fs.find(call.path(target))?.type === 'dir') folder = operands.pop()!
    else if (operands.length > 2) throw new CommandFailure(`target '${target}' is not a directory`)
  } else if (options.has('D')) makeFolders(folder)
  const target = folder === undefined ? operands.pop()! : ''
  if (folder === undefined && options.has('D') && dirname(target) !== '.') makeFolders(dirname(target))
  for (const source of operands) {
    const destination = folder === undefined ? target : `${folder.replace(/(?<=.)\/+$/, '')}/${basename(source)}`
    try {
      const stat = call.fs.stat(call.path(source))
      if (stat.type === 'dir') {
        call.fail(`omitting directory '${source}'`)
        continue
      }
      const input = call.open(source)
      try {
        const path = call.path(destination)
        if (call.fs.find(path, false)) {
          const saved = backupOf(options)
          if (saved) backup(call, destination, saved)
          else call.fs.unlink(path)
        }
        const output = call.create(destination, { mode: 0o600 })
        try {
          for (let bytes = await input.read(call.process.task); bytes; bytes = await input.read(call.process.task))
            await output.write(call.process.task, bytes)
        } finally {
          output.release()
        }
        finish(path)
        if (options.has('p')) call.fs.utimes(path, stat.mtimeNs, { explicit: true })
        if (options.has('v')) call.out(`'${source}' -> '${destination}'\n`)
      } finally {
        input.release()
      }
    } catch (error) {
      const missing = !call.fs.find(call.path(source))
      call.fail(missing ? `cannot stat '${source}': ${strerror(error)}` : `cannot create regular file '${destination}': ${strerror(error)}`)
    }
  }
}
