import { backup, backupOf } from '../backup.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { FileHandle } from '../system/file-handle.js'
import { basename, dirname, join, stripSlashes } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import { humanSize, parseSize } from '../text/lines.js'
import { changeMode } from '../text/mode.js'
import { Owners } from '../text/owners.js'
import { walk } from '../walk.js'
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
  if (options.has('s')) throw new CommandFailure('-s: strip is not simulated')
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

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

export const mktemp: Command = (call) => {
  const options = parseOptions(call, 'dqp:tu', { directory: 'd', quiet: 'q', tmpdir: 'p::', 'dry-run': 'u', suffix: 'suffix:' })
  const given = options.operands[0]
  const template = given ?? 'tmp.XXXXXXXXXX'
  const base =
    options.has('p') || options.has('t') || given === undefined ? options.value('p') || call.process.env.get('TMPDIR') || '/tmp' : undefined
  const match = /^(.*?)(X{3,})([^X/]*)$/s.exec(template)
  if (!match) throw new CommandFailure(`too few X's in template '${template}'`)
  for (let tries = 0; tries < 100; tries++) {
    const random = crypto.getRandomValues(new Uint8Array(match[2]!.length))
    const name =
      match[1]! + [...random].map((byte) => letters[byte % letters.length]).join('') + match[3]! + (options.value('suffix') ?? '')
    const path = base === undefined ? name : join(base, name)
    try {
      if (options.has('u')) {
        if (call.fs.find(call.path(path), false)) continue
      } else if (options.has('d')) call.fs.mkdir(call.path(path), 0o700)
      else call.fs.create(call.path(path), { exclusive: true, mode: 0o600 }).release()
      call.out(`${path}\n`)
      return 0
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      if (options.has('q')) return 1
      throw new CommandFailure(
        `failed to create ${options.has('d') ? 'directory' : 'file'} via template '${base === undefined ? template : join(base, template)}': ${strerror(error)}`,
      )
    }
  }
  return 1
}

export const truncate: Command = (call) => {
  const options = parseOptions(call, 'cor:s:', { 'no-create': 'c', 'io-blocks': 'o', reference: 'r:', size: 's:' })
  if (options.operands.length === 0) throw new CommandFailure('missing file operand')
  const spec = options.value('s')
  const reference = options.value('r')
  if (spec === undefined && reference === undefined) throw new CommandFailure("you must specify either '--size' or '--reference'")
  const match = /^\s*([-+<>/%]?)(.*)$/.exec(spec ?? '+0')!
  const amount = parseSize(match[2]!)
  if (amount === undefined) throw new CommandFailure(`Invalid number: '${spec}'`)
  for (const operand of options.operands) {
    try {
      const path = call.path(operand)
      if (!call.fs.find(path)) {
        if (options.has('c')) continue
        call.fs.create(path).release()
      }
      const base = reference === undefined ? call.fs.stat(path).size : call.fs.stat(call.path(reference)).size
      const size = {
        '+': base + amount,
        '-': Math.max(0, base - amount),
        '<': Math.min(base, amount),
        '>': Math.max(base, amount),
        '/': Math.floor(base / amount) * amount,
        '%': Math.ceil(base / amount) * amount,
        '': amount,
      }[match[1]!]!
      call.fs.truncate(path, size)
    } catch (error) {
      call.fail(`cannot open '${operand}' for writing: ${strerror(error)}`)
    }
  }
}

export const dd: Command = async (call) => {
  const values = new Map<string, string>()
  for (const arg of call.args) {
    const equals = arg.indexOf('=')
    if (!/^(?:if|of|bs|ibs|obs|cbs|count|skip|seek|conv|iflag|oflag|status)=/.test(arg))
      throw new CommandFailure(`unrecognized operand '${arg}'`)
    values.set(arg.slice(0, equals), arg.slice(equals + 1))
  }
  const size = (name: string, fallback: number) => {
    const text = values.get(name)
    const parsed =
      text === undefined
        ? fallback
        : text
            .split('x')
            .reduce<number | undefined>(
              (product, part) => (product === undefined ? undefined : (parseSize(part) ?? Number.NaN) * product),
              1,
            )
    if (parsed === undefined || Number.isNaN(parsed)) throw new CommandFailure(`invalid number: '${text}'`)
    return parsed
  }
  const bs = size('bs', 0)
  const ibs = bs || size('ibs', 512)
  const obs = bs || size('obs', 512)
  const count = values.has('count') ? size('count', 0) : Infinity
  const conversions = (values.get('conv') ?? '').split(',').filter((each) => each !== '')
  const unknown = conversions.find(
    (each) => !['notrunc', 'noerror', 'sync', 'fsync', 'fdatasync', 'ucase', 'lcase', 'excl', 'nocreat', 'swab', 'sparse'].includes(each),
  )
  if (unknown !== undefined) throw new CommandFailure(`invalid conversion: '${unknown}'`)
  const { task } = call.process
  const open = (name: 'if' | 'of') => {
    const path = values.get(name)
    if (path === undefined) return call.process.fds.need(name === 'if' ? 0 : 1).hold()
    try {
      if (name === 'if') return call.open(path)
      return call.create(path, { keep: true, exclusive: conversions.includes('excl') })
    } catch (error) {
      throw new CommandFailure(`failed to open '${path}': ${strerror(error)}`)
    }
  }
  const input = open('if')
  const output = open('of')
  const [full, partial, written] = [[0, 0], [0, 0], { bytes: 0 }] as [[number, number], [number, number], { bytes: number }]
  try {
    const seek = size('seek', 0) * (values.get('oflag')?.includes('seek_bytes') ? 1 : obs)
    if (output instanceof FileHandle && values.has('of')) {
      if (!conversions.includes('notrunc')) call.fs.truncate(call.path(values.get('of')!), seek)
      output.seek(seek)
    }
    let skip = size('skip', 0) * (values.get('iflag')?.includes('skip_bytes') ? 1 : ibs)
    if (skip > 0 && input instanceof FileHandle) input.seek(skip)
    else
      while (skip > 0) {
        const bytes = await input.read(task, skip)
        if (!bytes) break
        skip -= bytes.length
      }
    const countBytes = values.get('iflag')?.includes('count_bytes') ?? false
    let left = countBytes ? count : Infinity
    for (let blocks = 0; countBytes ? left > 0 : blocks < count; blocks++) {
      const block = await readBlock(Math.min(ibs, left))
      if (!block) break
      left -= block.length
      const slot = block.length === ibs ? 0 : 1
      full[slot]!++
      let shown = block
      if (conversions.includes('sync') && block.length < ibs) {
        shown = new Uint8Array(ibs)
        shown.set(block)
      }
      if (conversions.includes('ucase')) shown = shown.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte))
      if (conversions.includes('lcase')) shown = shown.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte))
      if (conversions.includes('swab')) shown = shown.map((_, at, all) => all[at ^ 1] ?? all[at]!)
      await output.write(task, shown)
      written.bytes += shown.length
      await call.step()
    }
    partial[0] = Math.floor(written.bytes / obs)
    partial[1] = written.bytes % obs > 0 ? 1 : 0
  } finally {
    input.release()
    output.release()
  }
  if (values.get('status') === 'none') return
  const lines = [`${full[0]}+${full[1]} records in`, `${partial[0]}+${partial[1]} records out`]
  if (values.get('status') !== 'noxfer') lines.push(`${written.bytes} bytes copied, 0 s, 0 kB/s`)
  await call.write(new TextEncoder().encode(`${lines.join('\n')}\n`), 2)

  async function readBlock(wanted: number): Promise<Uint8Array | undefined> {
    const fullBlock = values.get('iflag')?.includes('fullblock') || input instanceof FileHandle || input.name.startsWith('/dev/')
    const block = new Uint8Array(wanted)
    let at = 0
    while (at < wanted) {
      const bytes = await input.read(task, wanted - at)
      if (!bytes) break
      block.set(bytes, at)
      at += bytes.length
      if (!fullBlock) break
    }
    return at === 0 ? undefined : block.subarray(0, at)
  }
}

export const cmp: Command = async (call) => {
  const options = parseOptions(
    call,
    'bi:ln:s',
    { quiet: 's', silent: 's', verbose: 'l', bytes: 'n:', 'ignore-initial': 'i:', 'print-bytes': 'b' },
    2,
  )
  const [first, second = '-'] = options.operands
  if (first === undefined) throw new CommandFailure('missing operand', 2)
  const read = async (operand: string) => {
    const text = await call.tryRead(operand, 2)
    if (text === undefined) throw new CommandFailure('', 2)
    return text.slice(
      Number(options.value('i') ?? 0),
      options.has('n') ? Number(options.value('i') ?? 0) + Number(options.value('n')) : undefined,
    )
  }
  const [a, b] = [await read(first), await read(second)]
  const length = Math.min(a.length, b.length)
  let line = 1
  let different = false
  for (let at = 0; at < length; at++) {
    if (a[at] !== b[at]) {
      different = true
      if (options.has('s')) return 1
      if (!options.has('l')) {
        call.out(`${first} ${second} differ: char ${at + 1}, line ${line}\n`)
        return 1
      }
      call.out(
        `${String(at + 1).padStart(String(length).length)} ${a.charCodeAt(at).toString(8).padStart(3)} ${b.charCodeAt(at).toString(8).padStart(3)}\n`,
      )
    }
    if (a[at] === '\n') line++
  }
  if (a.length === b.length) return different ? 1 : 0
  const short = a.length < b.length ? first : second
  if (!options.has('s'))
    call.err(
      `EOF on ${short}${length === 0 ? ' which is empty' : ` after byte ${length}, ${a.length < b.length && a.endsWith('\n') ? 'line' : 'in line'} ${line - (a.slice(0, length).endsWith('\n') ? 1 : 0)}`}`,
    )
  return 1
}

export const du: Command = async (call) => {
  const options = parseOptions(call, 'abcd:DhHklLmsSxB:t:0', {
    all: 'a',
    'apparent-size': 'A',
    bytes: 'b',
    total: 'c',
    'max-depth': 'd:',
    'human-readable': 'h',
    summarize: 's',
    'block-size': 'B:',
    exclude: 'X:',
    'one-file-system': 'x',
  })
  const apparent = options.has('b', 'A')
  const unit = options.has('b')
    ? 1
    : options.has('m')
      ? 1 << 20
      : options.has('B')
        ? (parseSize(options.value('B')!.replace(/^(?=[KMG])/, '1')) ?? 1024)
        : 1024
  const show = (bytes: number, name: string) => call.out(`${options.has('h') ? humanSize(bytes) : Math.ceil(bytes / unit)}\t${name}\n`)
  const most = options.has('s') ? 0 : options.has('d') ? Number(options.value('d')) : Infinity
  let grand = 0
  const seen = new Set<string>()
  for (const operand of options.operands.length > 0 ? options.operands : ['.']) {
    const sums: number[] = [0]
    await walk(
      call,
      operand,
      (path, stat, depth) => {
        const key = `${stat.dev}:${stat.ino}`
        const counted = stat.type !== 'dir' && stat.nlink > 1 && seen.has(key)
        seen.add(key)
        const size = counted
          ? 0
          : stat.type === 'dir'
            ? 4096
            : apparent
              ? stat.size
              : stat.type === 'file'
                ? Math.ceil(stat.size / 4096) * 4096
                : 0
        sums[depth] = (sums[depth] ?? 0) + size
        if (stat.type !== 'dir') {
          if (depth === 0 || (options.has('a') && depth <= most && !counted)) show(size, path)
          if (depth > 0) sums[depth - 1] = (sums[depth - 1] ?? 0) + size
          sums[depth] = depth === 0 ? size : 0
        }
      },
      (path, error) => call.fail(`cannot access '${path}': ${strerror(error)}`),
      {
        after: (path, _stat, depth) => {
          const total = sums[depth] ?? 0
          if (depth <= most) show(total, path)
          if (depth > 0) {
            sums[depth - 1] = (sums[depth - 1] ?? 0) + total
            sums[depth] = 0
          }
        },
      },
    )
    grand += sums[0] ?? 0
  }
  if (options.has('c')) show(grand, 'total')
}
