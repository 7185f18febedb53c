import type { Call } from '../call.js'
import { type Parsed, parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { basename } from '../system/paths.js'
import { strerror } from '../system/strerror.js'
import { formatDate } from '../text/dates.js'
import { type Edit, editScript } from '../text/edits.js'
import type { Command } from './types.js'

export const diff: Command = async (call) => {
  const args = call.args.flatMap((arg) => (/^-[0-9]+$/.test(arg) ? [`-U${arg.slice(1)}`] : [arg]))
  const options = parseOptions({ args, name: call.name }, 'abBC:cdeiL:nNpqrsTtU:uwxZy', {
    text: 'a', 'ignore-space-change': 'b', 'ignore-blank-lines': 'B', brief: 'q', 'ignore-case': 'i', label: 'L:', 'new-file': 'N', recursive: 'r', 'report-identical-files': 's', unified: 'U::', 'ignore-all-space': 'w',
    exclude: 'x:', color: 'color::', 'strip-trailing-cr': 'cr', normal: 'normal', minimal: 'd', context: 'C::',
  }, 2) // biome-ignore format: a table
  if (options.has('c', 'C', 'e', 'n', 'y')) throw new NotSimulated('only normal and unified output are simulated')
  const [left, right] = options.operands
  if (right === undefined) throw new CommandFailure(`missing operand after '${left ?? 'diff'}'`, 2)
  const type = (operand: string) => (operand === '-' ? 'file' : call.fs.find(call.path(operand))?.type)
  for (const operand of [left!, right]) {
    if (type(operand) === undefined && !options.has('N')) {
      call.err(`${operand}: No such file or directory`)
      call.status = 2
    }
  }
  if (call.status === 2) return 2
  const [a, b] = [type(left!), type(right)]
  if (a === 'dir' && b === 'dir') return compareFolders(call, options, left!, right)
  if (a === 'dir') return compareFiles(call, options, `${left}/${basename(right)}`, right, '')
  if (b === 'dir') return compareFiles(call, options, left!, `${right}/${basename(left!)}`, '')
  return compareFiles(call, options, left!, right, '')
}

async function compareFolders(call: Call, options: Parsed, left: string, right: string): Promise<number> {
  const names = (folder: string) => call.fs.readdir(call.path(folder)).map((entry) => entry.name)
  const [inLeft, inRight] = [new Set(names(left)), new Set(names(right))]
  let status = 0
  for (const name of [...new Set([...inLeft, ...inRight])].sort()) {
    const [a, b] = [`${left}/${name}`, `${right}/${name}`]
    const only = !inLeft.has(name) ? right : !inRight.has(name) ? left : undefined
    if (only !== undefined && !options.has('N')) {
      call.out(`Only in ${only}: ${name}\n`)
      status = Math.max(status, 1)
      continue
    }
    const isFolder = (path: string) => call.fs.find(call.path(path))?.type === 'dir'
    if (isFolder(a) && isFolder(b)) {
      if (options.has('r')) status = Math.max(status, await compareFolders(call, options, a, b))
      else call.out(`Common subdirectories: ${a} and ${b}\n`)
    } else {
      const shown = ['diff', ...call.args.filter((arg) => arg.startsWith('-') && arg !== '-'), a, b].join(' ')
      status = Math.max(status, await compareFiles(call, options, a, b, `${shown}\n`))
    }
  }
  return status
}

async function compareFiles(call: Call, options: Parsed, left: string, right: string, title: string): Promise<number> {
  await call.step()
  const read = async (operand: string) => {
    if (operand !== '-' && !call.fs.find(call.path(operand))) {
      if (options.has('N')) return ''
      throw new CommandFailure(`${operand}: No such file or directory`, 2)
    }
    try {
      return await call.read(operand)
    } catch (error) {
      throw new CommandFailure(`${operand}: ${strerror(error)}`, 2)
    }
  }
  const [a, b] = [await read(left), await read(right)]
  if (a === b) {
    if (options.has('s')) call.out(`Files ${left} and ${right} are identical\n`)
    return 0
  }
  if ((a + b).includes('\0') && !options.has('a')) {
    call.out(`Binary files ${left} and ${right} differ\n`)
    return 1
  }
  const key = (line: string) => {
    let text = line
    if (options.has('cr')) text = text.replace(/\r$/, '')
    if (options.has('w')) text = text.replace(/\s+/g, '')
    else if (options.has('b')) text = text.replace(/\s+/g, ' ').trimEnd()
    return options.has('i') ? text.toLowerCase() : text
  }
  // A last line without its newline is another line than one with it.
  const lines = (text: string) => (text === '' ? [] : text.split(/(?<=\n)/))
  const [x, y] = [lines(a), lines(b)]
  let edits = editScript(x.map(key), y.map(key))
  if (options.has('B'))
    edits = edits.filter((edit) => [...x.slice(edit.a, edit.aEnd), ...y.slice(edit.b, edit.bEnd)].some((line) => line.trim() !== ''))
  if (edits.length === 0) return 0
  if (options.has('q')) {
    call.out(`Files ${left} and ${right} differ\n`)
    return 1
  }
  call.out(title)
  // Busybox knows no other form, and gives no times.
  if (options.has('u', 'U') || call.busybox) unified(call, options, left, right, x, y, edits)
  else normal(call, x, y, edits)
  return 1
}

const show = (prefix: string, line: string) => (line.endsWith('\n') ? prefix + line : `${prefix}${line}\n\\ No newline at end of file\n`)

function normal(call: Call, x: readonly string[], y: readonly string[], edits: readonly Edit[]): void {
  const range = (from: number, to: number) => (to - from <= 1 ? String(to) : `${from + 1},${to}`)
  for (const { a, aEnd, b, bEnd } of edits) {
    const kind = a === aEnd ? 'a' : b === bEnd ? 'd' : 'c'
    call.out(`${kind === 'a' ? a : range(a, aEnd)}${kind}${kind === 'd' ? b : range(b, bEnd)}\n`)
    for (const line of x.slice(a, aEnd)) call.out(show('< ', line))
    if (kind === 'c') call.out('---\n')
    for (const line of y.slice(b, bEnd)) call.out(show('> ', line))
  }
}

function unified(
  call: Call,
  options: Parsed,
  left: string,
  right: string,
  x: readonly string[],
  y: readonly string[],
  edits: readonly Edit[],
): void {
  const context = Number(options.value('U') || 3)
  const stamp = (name: string) => {
    const time =
      name === '-' ? BigInt(Math.floor(call.process.run.scheduler.now())) * 1_000_000n : (call.fs.find(call.path(name))?.mtimeNs ?? 0n)
    return formatDate('%Y-%m-%d %H:%M:%S.%N %z', Number(time / 1_000_000n), Number(time % 1_000_000_000n))
  }
  const labels = options.values('L')
  const titled = (name: string) => (call.busybox ? name : `${name}\t${stamp(name)}`)
  call.out(`--- ${labels[0] ?? titled(left)}\n+++ ${labels[1] ?? titled(right)}\n`)
  const range = (from: number, to: number) => (to - from === 1 ? String(from + 1) : `${to === from ? from : from + 1},${to - from}`)
  for (let first = 0; first < edits.length; ) {
    let last = first
    while (last + 1 < edits.length && edits[last + 1]!.a - edits[last]!.aEnd <= 2 * context) last++
    const from = Math.max(0, edits[first]!.a - context)
    const to = Math.min(x.length, edits[last]!.aEnd + context)
    const shift = edits[first]!.b - edits[first]!.a
    const toB = edits[last]!.bEnd + (to - edits[last]!.aEnd)
    call.out(`@@ -${range(from, to)} +${range(from + shift, toB)} @@\n`)
    let at = from
    for (const edit of edits.slice(first, last + 1)) {
      for (; at < edit.a; at++) call.out(show(' ', x[at]!))
      for (; at < edit.aEnd; at++) call.out(show('-', x[at]!))
      for (const line of y.slice(edit.b, edit.bEnd)) call.out(show('+', line))
    }
    for (; at < to; at++) call.out(show(' ', x[at]!))
    first = last + 1
  }
}
