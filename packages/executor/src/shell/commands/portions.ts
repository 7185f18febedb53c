import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import type { OpenFile } from '../system/open-file.js'
import { codeOf, strerror } from '../system/strerror.js'
import { parseSize, splitLines, splitRecords } from '../text/lines.js'
import type { Command } from './types.js'

/** head, tail, wc, tac, rev, nl, fold, split, tee. */

export const head: Command = async (call) => {
  const args = call.args.flatMap((arg, at) => (at === 0 && /^-[0-9]+$/.test(arg) ? ['-n', arg.slice(1)] : [arg]))
  const options = parseOptions({ args, name: call.name }, 'c:n:qvz', {
    bytes: 'c:',
    lines: 'n:',
    quiet: 'q',
    silent: 'q',
    verbose: 'v',
    'zero-terminated': 'z',
  })
  const bytes = options.has('c')
  const spec = options.value('c') ?? options.value('n') ?? '10'
  const count = parseSize(spec.replace(/^[-+]/, ''))
  if (count === undefined) throw new CommandFailure(`invalid number of ${bytes ? 'bytes' : 'lines'}: '${spec}'`)
  const allBut = spec.startsWith('-')
  const ending = options.has('z') ? '\0' : '\n'
  const operands = options.operands.length > 0 ? options.operands : ['-']
  let shown = 0
  for (const operand of operands) {
    let file: OpenFile
    try {
      file = call.open(operand)
      if (operand !== '-' && call.fs.find(call.path(operand))?.type === 'dir') throw Object.assign(new Error(), { code: 'EISDIR' })
    } catch (error) {
      call.fail(
        codeOf(error) === 'EISDIR'
          ? `error reading '${operand}': Is a directory`
          : `cannot open '${operand}' for reading: ${strerror(error)}`,
      )
      continue
    }
    try {
      if ((operands.length > 1 && !options.has('q')) || options.has('v'))
        call.out(`${shown > 0 ? '\n' : ''}==> ${operand === '-' ? 'standard input' : operand} <==\n`)
      shown++
      if (allBut) {
        const text = await call.read(operand)
        if (bytes) call.out(text.slice(0, Math.max(0, text.length - count)))
        else {
          const pieces = text.split(ending === '\n' ? /(?<=\n)/ : /(?<=\0)/)
          call.out(pieces.slice(0, Math.max(0, pieces.length - count)).join(''))
        }
        continue
      }
      let left = count
      while (left > 0) {
        const piece = await file.read(call.process.task)
        if (!piece) break
        if (bytes) {
          await call.write(piece.subarray(0, left))
          if (piece.length > left && file.seekable) file.unread(piece.subarray(left))
          left -= piece.length
          continue
        }
        let at = 0
        const code = ending.charCodeAt(0)
        while (left > 0 && at < piece.length) {
          const end = piece.indexOf(code, at)
          if (end === -1) at = piece.length
          else {
            at = end + 1
            left--
          }
        }
        await call.write(piece.subarray(0, at))
        // What was read too far is given back where the input can seek, as head does.
        if (at < piece.length && file.seekable) file.unread(piece.subarray(at))
      }
    } finally {
      file.release()
    }
  }
}

export const tail: Command = async (call) => {
  const args = call.args.flatMap((arg, at) =>
    at === 0 && /^[-+][0-9]+[cl]?f?$/.test(arg) ? [arg.includes('c') ? '-c' : '-n', arg.replace(/[clf]/g, '').replace(/^-/, '')] : [arg],
  )
  const options = parseOptions({ args, name: call.name }, 'c:fFn:qs:vz', {
    bytes: 'c:',
    lines: 'n:',
    quiet: 'q',
    silent: 'q',
    verbose: 'v',
    follow: 'f::',
    retry: 'retry',
    pid: 'pid:',
    'zero-terminated': 'z',
  })
  const bytes = options.has('c')
  const spec = options.value('c') ?? options.value('n') ?? '10'
  const count = parseSize(spec.replace(/^[-+]/, ''))
  if (count === undefined) throw new CommandFailure(`invalid number of ${bytes ? 'bytes' : 'lines'}: '${spec}'`)
  const operands = options.operands.length > 0 ? options.operands : ['-']
  let shown = 0
  for (const operand of operands) {
    let text: string
    try {
      text = await call.read(operand)
    } catch (error) {
      call.fail(
        codeOf(error) === 'EISDIR'
          ? `error reading '${operand}': Is a directory`
          : `cannot open '${operand}' for reading: ${strerror(error)}`,
      )
      continue
    }
    if ((operands.length > 1 && !options.has('q')) || options.has('v'))
      call.out(`${shown > 0 ? '\n' : ''}==> ${operand === '-' ? 'standard input' : operand} <==\n`)
    shown++
    if (bytes) call.out(spec.startsWith('+') ? text.slice(Math.max(0, count - 1)) : count === 0 ? '' : text.slice(-count))
    else {
      const pieces = text === '' ? [] : text.split(options.has('z') ? /(?<=\0)/ : /(?<=\n)/)
      call.out((spec.startsWith('+') ? pieces.slice(Math.max(0, count - 1)) : count === 0 ? [] : pieces.slice(-count)).join(''))
    }
  }
  // There is nobody who would add to the files: waiting for more never ends by itself.
  if (options.has('f', 'F')) {
    await call.flush()
    await call.process.task.sleep(1e12)
  }
}

export const wc: Command = async (call) => {
  const options = parseOptions(call, 'clLmw', {
    bytes: 'c',
    chars: 'm',
    lines: 'l',
    words: 'w',
    'max-line-length': 'L',
    'files0-from': 'from:',
  })
  const columns = ['l', 'w', 'm', 'c', 'L'].filter((name) => options.has(name))
  if (columns.length === 0) columns.push('l', 'w', 'c')
  const operands = options.operands.length > 0 ? options.operands : ['']
  const totals = new Map(columns.map((column) => [column, 0]))
  const rows: { readonly counts: number[]; readonly name: string }[] = []
  let regular = 0
  let special = false
  for (const operand of operands) {
    const counts = { l: 0, w: 0, m: 0, c: 0, L: 0 }
    try {
      const file = call.open(operand === '' ? '-' : operand)
      try {
        let inWord = false
        let width = 0
        const onlyBytes = columns.length === 1 && columns[0] === 'c'
        for (let bytes = await file.read(call.process.task); bytes; bytes = await file.read(call.process.task)) {
          counts.c += bytes.length
          if (onlyBytes) continue
          for (const byte of bytes) {
            if (byte === 10) {
              counts.l++
              counts.L = Math.max(counts.L, width)
              width = 0
            } else if (byte === 9) width += 8 - (width % 8)
            else if (byte >= 32 && byte < 127) width++
            const space = byte === 32 || (byte >= 9 && byte <= 13)
            if (!space && !inWord) counts.w++
            inWord = !space
          }
        }
        counts.L = Math.max(counts.L, width)
      } finally {
        file.release()
      }
    } catch (error) {
      call.fail(`${operand === '' ? 'standard input' : operand}: ${strerror(error)}`)
      if (codeOf(error) !== 'EISDIR') continue
    }
    counts.m = counts.c
    const stat = operand === '' || operand === '-' ? undefined : call.fs.find(call.path(operand))
    if (stat?.type === 'file') regular += stat.size
    else special = true
    for (const column of columns) {
      const count = counts[column as 'l']
      totals.set(column, column === 'L' ? Math.max(totals.get(column)!, count) : totals.get(column)! + count)
    }
    rows.push({ counts: columns.map((column) => counts[column as 'l']), name: operand })
  }
  if (operands.length > 1) rows.push({ counts: [...totals.values()], name: 'total' })
  // The width follows from the sizes of the files; standard input, whose size is not known, makes it seven.
  const single = columns.length === 1 && operands.length === 1
  const width = single ? 1 : special ? 7 : String(regular).length
  for (const { counts, name } of rows)
    call.out(`${counts.map((count) => String(count).padStart(width)).join(' ')}${name === '' ? '' : ` ${name}`}\n`)
}

export const tac: Command = async (call) => {
  for (const operand of parseOptions(call, 'brs:').operands.concat(call.args.length === 0 ? ['-'] : [])) {
    const text = await call.tryRead(operand)
    if (text !== undefined)
      call.out(
        text
          .split(/(?<=\n)/)
          .reverse()
          .join(''),
      )
  }
}

export const rev: Command = async (call) => {
  for (const operand of call.args.length > 0 ? call.args : ['-']) {
    const text = await call.tryRead(operand)
    if (text !== undefined)
      call.out(
        text
          .split('\n')
          .map((line) => [...line].reverse().join(''))
          .join('\n'),
      )
  }
}

export const nl: Command = async (call) => {
  const options = parseOptions(call, 'b:f:h:i:n:s:v:w:', {
    'body-numbering': 'b:',
    'line-increment': 'i:',
    'number-format': 'n:',
    'number-separator': 's:',
    'starting-line-number': 'v:',
    'number-width': 'w:',
  })
  const all = options.value('b') === 'a'
  const none = options.value('b') === 'n'
  const width = Number(options.value('w') ?? 6)
  const separator = options.value('s') ?? '\t'
  let number = Number(options.value('v') ?? 1)
  for (const operand of options.operands.length > 0 ? options.operands : ['-']) {
    const text = await call.tryRead(operand)
    for (const line of splitLines(text ?? '')) {
      if (none || (!all && line === '')) {
        call.out(`${' '.repeat(width + separator.length)}${line}\n`)
        continue
      }
      const shown = String(number)
      const format = options.value('n')
      call.out(
        `${format === 'ln' ? shown.padEnd(width) : format === 'rz' ? shown.padStart(width, '0') : shown.padStart(width)}${separator}${line}\n`,
      )
      number += Number(options.value('i') ?? 1)
    }
  }
}

export const fold: Command = async (call) => {
  const args = call.args.flatMap((arg) => (/^-[0-9]+$/.test(arg) ? ['-w', arg.slice(1)] : [arg]))
  const options = parseOptions({ args, name: call.name }, 'bsw:', { bytes: 'b', spaces: 's', width: 'w:' })
  const width = Number(options.value('w') ?? 80)
  for (const operand of options.operands.length > 0 ? options.operands : ['-']) {
    const text = await call.tryRead(operand)
    if (text === undefined) continue
    const folded = text.split('\n').map((line) => {
      const pieces: string[] = []
      let rest = line
      while (rest.length > width) {
        const space = options.has('s') ? rest.slice(0, width).lastIndexOf(' ') : -1
        const at = space > -1 ? space + 1 : width
        pieces.push(rest.slice(0, at))
        rest = rest.slice(at)
      }
      return [...pieces, rest].join('\n')
    })
    call.out(folded.join('\n'))
  }
}

export const tee: Command = async (call) => {
  const options = parseOptions(call, 'aip', { append: 'a', 'ignore-interrupts': 'i', 'output-error': 'p::' })
  const outputs: OpenFile[] = []
  for (const operand of options.operands) {
    try {
      outputs.push(call.create(operand, { append: options.has('a') }))
    } catch (error) {
      call.fail(`${operand}: ${strerror(error)}`)
    }
  }
  const input = call.process.fds.need(0)
  try {
    for (let bytes = await input.read(call.process.task); bytes; bytes = await input.read(call.process.task)) {
      for (const output of outputs) await output.write(call.process.task, bytes)
      await call.write(bytes)
    }
  } finally {
    for (const output of outputs) output.release()
  }
}

export const split: Command = async (call) => {
  const args = call.args.flatMap((arg) => (/^-[0-9]+$/.test(arg) ? ['-l', arg.slice(1)] : [arg]))
  const options = parseOptions({ args, name: call.name }, 'a:b:C:del:n:xt:u', {
    'suffix-length': 'a:',
    bytes: 'b:',
    lines: 'l:',
    'numeric-suffixes': 'd::',
    'additional-suffix': 'add:',
  })
  if (options.has('n', 'C', 'x', 't')) throw new CommandFailure('only -a, -b, -d and -l are simulated')
  const [input = '-', prefix = 'x'] = options.operands
  const text = await call.tryRead(input)
  if (text === undefined) return 1
  const size = options.has('b') ? parseSize(options.value('b')!) : undefined
  const lines = Number(options.value('l') ?? 1000)
  const pieces: string[] = []
  if (size) for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size))
  else {
    const all = splitRecords(text, '\n').map((line, at, every) => (at === every.length - 1 && !text.endsWith('\n') ? line : `${line}\n`))
    for (let at = 0; at < all.length; at += lines) pieces.push(all.slice(at, at + lines).join(''))
  }
  const length = Number(options.value('a') ?? 2)
  const alphabet = options.has('d') ? '0123456789' : 'abcdefghijklmnopqrstuvwxyz'
  for (const [number, piece] of pieces.entries()) {
    let suffix = ''
    for (let rest = number, digit = 0; digit < length; digit++, rest = Math.floor(rest / alphabet.length))
      suffix = alphabet[rest % alphabet.length] + suffix
    await call.writeFile(`${prefix}${suffix}${options.value('add') ?? ''}`, piece)
  }
}
