import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import type { OpenFile } from '../system/open-file.js'
import { strerror } from '../system/strerror.js'
import { parseSize, splitLines, splitRecords } from '../text/lines.js'
import { posixRegExp } from '../text/posix-regexp.js'
import type { Command } from './types.js'

export const tac: Command = async (call) => {
  const options = parseOptions(call, 'brs:', { before: 'b', regex: 'r', separator: 's:' })
  if (options.has('b', 'r')) throw new NotSimulated('-b and -r are not simulated')
  const separator = options.value('s') || '\n'
  for (const operand of options.operands.length > 0 ? options.operands : ['-']) {
    const text = await call.tryRead(operand)
    if (text === undefined) continue
    const parts = text.split(separator)
    const last = parts.pop()!
    const records = parts.map((part) => part + separator)
    if (last !== '') records.push(last)
    call.out(records.reverse().join(''))
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
  const style = options.value('b') ?? 't'
  const pattern = /^p([\s\S]+)$/.exec(style)
  const expression = pattern ? posixRegExp(pattern[1]!, { syntax: 'basic' }) : undefined
  if (options.has('f', 'h', 'd', 'l', 'p') || (pattern && !expression))
    throw new NotSimulated('only -b, -i, -n, -s, -v and -w are simulated')
  const counts = (line: string) => (expression ? expression.test(line) : style === 'a' || (style !== 'n' && line !== ''))
  const width = Number(options.value('w') ?? 6)
  const separator = options.value('s') ?? '\t'
  let number = Number(options.value('v') ?? 1)
  for (const operand of options.operands.length > 0 ? options.operands : ['-']) {
    const text = await call.tryRead(operand)
    for (const line of splitLines(text ?? '')) {
      if (!counts(line)) {
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

/** `-n 3`: so many pieces of equal size; `-n l/3`: cut behind the line that each ends in. */
function intoChunks(text: string, spec: string): string[] {
  const count = Number(spec.replace('l/', ''))
  const size = Math.floor(text.length / count)
  const pieces: string[] = []
  let from = 0
  for (let number = 1; number <= count; number++) {
    let to = number === count ? text.length : number * size
    const whole = spec.startsWith('l/') // prefix-ok: l/N
    if (whole && to > from && to < text.length && text[to - 1] !== '\n') to = text.indexOf('\n', to) + 1 || text.length
    to = Math.max(to, from)
    pieces.push(text.slice(from, to))
    from = to
  }
  return pieces
}

/** `-C`: whole lines as long as they fit. */
function intoSizes(text: string, size: number): string[] {
  const pieces: string[] = []
  for (let from = 0; from < text.length; ) {
    let to = Math.min(from + size, text.length)
    const line = text.lastIndexOf('\n', to - 1)
    if (to < text.length && line >= from) to = line + 1
    pieces.push(text.slice(from, to))
    from = to
  }
  return pieces
}

export const split: Command = async (call) => {
  const args = call.args.flatMap((arg) => (/^-[0-9]+$/.test(arg) ? ['-l', arg.slice(1)] : [arg]))
  const options = parseOptions({ args, name: call.name }, 'a:b:C:del:n:xt:u', {
    'suffix-length': 'a:',
    bytes: 'b:',
    lines: 'l:',
    'numeric-suffixes': 'd',
    'hex-suffixes': 'x',
    number: 'n:',
    'line-bytes': 'C:',
    'additional-suffix': 'add:',
  })
  if (options.has('t', 'u')) throw new NotSimulated('-t and -u are not simulated')
  const chunks = options.value('n')
  if (chunks !== undefined && !/^(?:l\/)?[1-9][0-9]*$/.test(chunks)) throw new NotSimulated(`-n ${chunks} is not simulated`)
  const [input = '-', prefix = 'x'] = options.operands
  const text = await call.tryRead(input)
  if (text === undefined) return 1
  const size = options.has('b') ? parseSize(options.value('b')!) : undefined
  const lines = Number(options.value('l') ?? 1000)
  const pieces: string[] = []
  if (chunks !== undefined) pieces.push(...intoChunks(text, chunks))
  else if (options.has('C')) pieces.push(...intoSizes(text, parseSize(options.value('C')!) ?? 0))
  else if (size) for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size))
  else {
    const all = splitRecords(text, '\n').map((line, at, every) => (at === every.length - 1 && !text.endsWith('\n') ? line : `${line}\n`))
    for (let at = 0; at < all.length; at += lines) pieces.push(all.slice(at, at + lines).join(''))
  }
  const length = Number(options.value('a') ?? 2)
  const alphabet = options.has('x') ? '0123456789abcdef' : options.has('d') ? '0123456789' : 'abcdefghijklmnopqrstuvwxyz'
  for (const [number, piece] of pieces.entries()) {
    let suffix = ''
    for (let rest = number, digit = 0; digit < length; digit++, rest = Math.floor(rest / alphabet.length))
      suffix = alphabet[rest % alphabet.length] + suffix
    const name = `${prefix}${suffix}${options.value('add') ?? ''}`
    await call.writeOr(name, piece, (reason) => new CommandFailure(`${name}: ${reason}`))
  }
}
