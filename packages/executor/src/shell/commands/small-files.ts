import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { join } from '../system/paths.js'
import { codeOf, strerror } from '../system/strerror.js'
import { parseSize } from '../text/lines.js'
import type { Command } from './types.js'

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
