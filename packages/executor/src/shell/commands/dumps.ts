import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { toBytes } from '../system/bytes.js'
import { parseSize } from '../text/lines.js'
import type { Command } from './types.js'

/** od, xxd, hexdump, base64, base32: bytes as text. */

const hex = (value: number, width: number) => value.toString(16).padStart(width, '0')
const printable = (text: string) => text.replace(/[^ -~]/g, '.')

export const od: Command = async (call) => {
  const options = parseOptions(call, 'A:bcdij:N:ost:vw::x', {
    'address-radix': 'A:',
    'skip-bytes': 'j:',
    'read-bytes': 'N:',
    format: 't:',
    'output-duplicates': 'v',
    width: 'w::',
  })
  const formats = options.given.flatMap(({ name, value }) => {
    if (name === 't') return value.match(/(?:[acdfoux](?:[CSIL]|[0-9]*))z?/g) ?? []
    return { b: ['o1'], c: ['c'], d: ['u2'], i: ['dI'], o: ['o2'], s: ['d2'], x: ['x2'] }[name] ?? []
  })
  if (formats.length === 0) formats.push('o2')
  let text = ''
  for (const operand of options.operands.length > 0 ? options.operands : ['-']) text += (await call.tryRead(operand)) ?? ''
  const start = parseSize(options.value('j') ?? '0') ?? 0
  const limit = options.has('N') ? parseSize(options.value('N')!) : undefined
  const data = text.slice(start, limit === undefined ? undefined : start + limit)
  const width = options.has('w') ? Number(options.value('w') || 32) : 16
  const radix = options.value('A') ?? 'o'
  const address = (at: number) =>
    radix === 'n' ? '' : radix === 'x' ? hex(at, 6) : radix === 'd' ? String(at).padStart(7, '0') : at.toString(8).padStart(7, '0')
  let previous: string | undefined
  let starred = false
  for (let at = 0; at < data.length; at += width) {
    const row = data.slice(at, at + width)
    if (row === previous && row.length === width && !options.has('v')) {
      if (!starred) call.out('*\n')
      starred = true
      continue
    }
    previous = row
    starred = false
    formats.forEach((format, index) => {
      const cells = odCells(row, format)
      const tail = format.endsWith('z') ? `${' '.repeat(Math.max(0, (width - row.length) * 3))}  >${printable(row)}<` : ''
      call.out(`${index === 0 ? address(start + at) : ' '.repeat(address(0).length)}${cells}${tail}\n`)
    })
  }
  if (radix !== 'n') call.out(`${address(start + data.length)}\n`)
}

const names: Readonly<Record<number, string>> = { 0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' }
const controls = [
  'nul',
  'soh',
  'stx',
  'etx',
  'eot',
  'enq',
  'ack',
  'bel',
  'bs',
  'ht',
  'nl',
  'vt',
  'ff',
  'cr',
  'so',
  'si',
  'dle',
  'dc1',
  'dc2',
  'dc3',
  'dc4',
  'nak',
  'syn',
  'etb',
  'can',
  'em',
  'sub',
  'esc',
  'fs',
  'gs',
  'rs',
  'us',
  'sp',
]

function odCells(row: string, format: string): string {
  const kind = format[0]!
  if (kind === 'c')
    return [...row]
      .map((char) =>
        (names[char.charCodeAt(0)] ?? (/[ -~]/.test(char) ? char : char.charCodeAt(0).toString(8).padStart(3, '0'))).padStart(4),
      )
      .join('')
  if (kind === 'a')
    return [...row]
      .map((char) =>
        (
          controls[char.charCodeAt(0) & 127] ?? ((char.charCodeAt(0) & 127) === 127 ? 'del' : String.fromCharCode(char.charCodeAt(0) & 127))
        ).padStart(4),
      )
      .join('')
  const sizeText = format.slice(1).replace('z', '')
  const size = { C: 1, S: 2, I: 4, L: 8 }[sizeText] ?? (sizeText === '' ? 4 : Number(sizeText))
  if (kind === 'f' || ![1, 2, 4, 8].includes(size)) throw new NotSimulated(`invalid type string '${format}': not simulated`)
  const bits = BigInt(size * 8)
  const widths = {
    x: size * 2,
    o: { 1: 3, 2: 6, 4: 11, 8: 22 }[size]!,
    u: { 1: 3, 2: 5, 4: 10, 8: 20 }[size]!,
    d: { 1: 4, 2: 6, 4: 11, 8: 20 }[size]!,
  }
  const width = widths[kind as 'x']
  let result = ''
  for (let at = 0; at < row.length; at += size) {
    let value = 0n
    for (let byte = size - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(row.charCodeAt(at + byte) || 0)
    if (kind === 'd') result += ` ${String(BigInt.asIntN(Number(bits), value)).padStart(width)}`
    else if (kind === 'u') result += ` ${String(value).padStart(width)}`
    else result += ` ${value.toString(kind === 'x' ? 16 : 8).padStart(width, '0')}`
  }
  return result
}

/** The bytes as an array of C. */
function asArray(name: string, text: string, capitals: boolean): string {
  const word = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9])/, '__')
  const cells = [...text].map((char) => `0x${capitals ? hex(char.charCodeAt(0), 2).toUpperCase() : hex(char.charCodeAt(0), 2)}`)
  const rows: string[] = []
  for (let at = 0; at < cells.length; at += 12) rows.push(`  ${cells.slice(at, at + 12).join(', ')}`)
  return `unsigned char ${word}[] = {\n${rows.join(',\n')}\n};\nunsigned int ${word}_len = ${text.length};\n`
}

export const xxd: Command = async (call) => {
  const options = parseOptions(call, 'pruil:s:c:g:b', { postscript: 'p', ps: 'p', plain: 'p', revert: 'r' })
  const [input = '-', output] = options.operands
  const text = await call.tryRead(input, 2)
  if (text === undefined) return 2
  if (options.has('b') || (options.has('i') && input === '-')) throw new NotSimulated('-b, and -i without a file, are not simulated')
  let result = ''
  if (options.has('i')) {
    result = asArray(input, text, options.has('u'))
  } else if (options.has('r')) {
    const digits = options.has('p')
      ? text.replace(/[^0-9a-fA-F]/g, '')
      : text
          .split('\n')
          .map((line) => (/^[0-9a-fA-F]+: ?(.*?)(?: {2}|$)/.exec(line)?.[1] ?? '').replace(/ /g, ''))
          .join('')
    result = digits.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)))
  } else {
    const skip = Number(options.value('s') ?? 0)
    const data = text.slice(skip, options.has('l') ? skip + Number(options.value('l')) : undefined)
    const plain = options.has('p')
    const columns = Number(options.value('c') ?? (plain ? 30 : 16))
    const group = Number(options.value('g') ?? 2) || columns
    for (let at = 0; at < data.length; at += columns) {
      const row = data.slice(at, at + columns)
      const pairs = [...row].map((char) => (options.has('u') ? hex(char.charCodeAt(0), 2).toUpperCase() : hex(char.charCodeAt(0), 2)))
      if (plain) {
        result += `${pairs.join('')}\n`
        continue
      }
      let cells = ''
      for (let cell = 0; cell < columns; cell++) cells += (pairs[cell] ?? '  ') + (cell % group === group - 1 ? ' ' : '')
      result += `${hex(skip + at, 8)}: ${cells}${cells.endsWith(' ') ? '' : ' '} ${printable(row)}\n`
    }
  }
  if (output === undefined) call.out(result)
  else await call.writeOr(output, result, (reason) => new CommandFailure(`${output}: ${reason}`, 3))
}

export const hexdump: Command = async (call) => {
  const options = parseOptions(call, 'bcCde:n:os:vx')
  if (options.has('e', 'b', 'c', 'd', 'o')) throw new NotSimulated('only -C, -x, -n, -s and -v are simulated')
  let text = ''
  for (const operand of options.operands.length > 0 ? options.operands : ['-']) text += (await call.tryRead(operand)) ?? ''
  const skip = Number(options.value('s') ?? 0)
  const data = text.slice(skip, options.has('n') ? skip + Number(options.value('n')) : undefined)
  const canonical = options.has('C') || call.name === 'hd'
  const addressWidth = canonical ? 8 : 7
  let previous: string | undefined
  let starred = false
  for (let at = 0; at < data.length; at += 16) {
    const row = data.slice(at, at + 16)
    if (row === previous && row.length === 16 && !options.has('v')) {
      if (!starred) call.out('*\n')
      starred = true
      continue
    }
    previous = row
    starred = false
    if (canonical) {
      const pairs = Array.from({ length: 16 }, (_, cell) => (cell < row.length ? hex(row.charCodeAt(cell), 2) : '  '))
      call.out(`${hex(skip + at, 8)}  ${pairs.slice(0, 8).join(' ')}  ${pairs.slice(8).join(' ')}  |${printable(row)}|\n`)
    } else {
      const words: string[] = []
      for (let cell = 0; cell < row.length; cell += 2) words.push(hex(row.charCodeAt(cell) | ((row.charCodeAt(cell + 1) || 0) << 8), 4))
      const space = options.has('x') ? '    ' : ' '
      call.out(
        `${hex(skip + at, 7)}${words
          .map((word) => space + word)
          .join('')
          .padEnd(8 * (4 + space.length))}\n`,
      )
    }
  }
  if (data.length > 0) call.out(`${hex(skip + data.length, addressWidth)}\n`)
}

const alphabet64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const alphabet32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function encode(text: string, alphabet: string, bits: number): string {
  let [value, size, result] = [0, 0, '']
  for (const byte of toBytes(text)) {
    value = ((value << 8) | byte) & 0xffff
    size += 8
    while (size >= bits) {
      size -= bits
      result += alphabet[(value >> size) & ((1 << bits) - 1)]
    }
  }
  if (size > 0) result += alphabet[(value << (bits - size)) & ((1 << bits) - 1)]
  const unit = bits === 6 ? 4 : 8
  return result.padEnd(Math.ceil(result.length / unit) * unit, '=')
}

function decode(text: string, alphabet: string, bits: number): string | undefined {
  let [value, size, result] = [0, 0, '']
  for (const char of text.replace(/=+$/, '')) {
    const digit = alphabet.indexOf(char)
    if (digit === -1) return undefined
    value = ((value << bits) | digit) & 0xffff
    size += bits
    if (size >= 8) {
      size -= 8
      result += String.fromCharCode((value >> size) & 255)
    }
  }
  return result
}

const baseN =
  (alphabet: string, bits: number): Command =>
  async (call) => {
    const options = parseOptions(call, 'diw:', { decode: 'd', 'ignore-garbage': 'i', wrap: 'w:' })
    if (options.operands.length > 1) throw new CommandFailure(`extra operand '${options.operands[1]}'`)
    const text = await call.tryRead(options.operands[0] ?? '-')
    if (text === undefined) return 1
    if (options.has('d')) {
      const clean = options.has('i')
        ? [...text].filter((char) => alphabet.includes(char) || char === '=').join('')
        : text.replace(/\n/g, '')
      const unit = bits === 6 ? 4 : 8
      const broken = [...clean].findIndex((char) => char !== '=' && !alphabet.includes(char))
      call.out(decode(broken === -1 ? clean : clean.slice(0, broken), alphabet, bits) ?? '')
      if (broken !== -1 || clean.length % unit !== 0) throw new CommandFailure('invalid input')
      return
    }
    const encoded = encode(text, alphabet, bits)
    const width = Number(options.value('w') ?? 76)
    if (width === 0) call.out(encoded)
    else call.out(encoded.replace(new RegExp(`.{1,${width}}`, 'g'), '$&\n'))
  }

export const base64: Command = baseN(alphabet64, 6)
export const base32: Command = baseN(alphabet32, 5)
