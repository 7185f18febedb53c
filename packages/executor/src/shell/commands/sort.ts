import { parseOptions } from '../command-options.js'
import { CommandFailure, NotSimulated } from '../failure.js'
import { splitRecords } from '../text/lines.js'
import type { Command } from './types.js'

interface Key {
  readonly start: Place
  readonly end: Place | undefined
  readonly flags: string
}

interface Place {
  readonly field: number
  readonly char: number
  readonly flags: string
}

type Compare = (a: string, b: string) => number

export const sort: Command = async (call) => {
  const options = parseOptions(call, 'bcCdfghik:mMno:rRsS:t:T:uVz', {
    'ignore-leading-blanks': 'b', check: 'c::', 'dictionary-order': 'd', 'ignore-case': 'f', 'general-numeric-sort': 'g', 'human-numeric-sort': 'h', 'ignore-nonprinting': 'i',
    key: 'k:', merge: 'm', 'month-sort': 'M', 'numeric-sort': 'n', output: 'o:', reverse: 'r', stable: 's', 'buffer-size': 'S:', 'field-separator': 't:', unique: 'u',
    'version-sort': 'V', 'zero-terminated': 'z', parallel: 'parallel:', 'random-sort': 'R', sort: 'sort:',
  }, 2) // biome-ignore format: a table
  if (options.has('R')) throw new NotSimulated('-R gives another order each time; the simulated shell does not sort at random')
  const separator = options.value('t')?.replace('\\0', '\0')
  if (separator !== undefined && separator.length !== 1) throw new CommandFailure(`multi-character tab '${separator}'`, 2)
  const named = { numeric: 'n', version: 'V', 'general-numeric': 'g', 'human-numeric': 'h', month: 'M' }[options.value('sort') ?? ''] ?? ''
  const globalFlags =
    options.given
      .filter(({ name }) => /^[bdfghiMnrV]$/.test(name))
      .map(({ name }) => name)
      .join('') + named
  const keys = options.values('k').map(parseKey)
  const ending = options.has('z') ? '\0' : '\n'
  const records: string[] = []
  for (const operand of options.operands.length > 0 ? options.operands : ['-']) {
    const text = await call.tryRead(operand, 2)
    if (text === undefined) {
      call.status = 2
      return 2
    }
    records.push(...splitRecords(text, ending))
  }
  const byKeys = comparator(keys, globalFlags, separator)
  const whole: Compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
  const lastResort = options.has('s', 'u')
  const reverse = globalFlags.includes('r')
  const compare: Compare = (a, b) => byKeys(a, b) || (lastResort ? 0 : reverse ? whole(b, a) : whole(a, b))
  if (options.has('c', 'C')) {
    const at = records.findIndex(
      (record, index) =>
        index > 0 && (options.has('u') ? compare(records[index - 1]!, record) >= 0 : compare(records[index - 1]!, record) > 0),
    )
    if (at === -1) return 0
    if (options.has('c')) call.err(`${options.operands[0] ?? '-'}:${at + 1}: disorder: ${records[at]}`)
    return 1
  }
  let sorted = records
    .map((record, at) => ({ record, at }))
    .sort((a, b) => compare(a.record, b.record) || a.at - b.at)
    .map(({ record }) => record)
  if (options.has('u')) sorted = sorted.filter((record, at) => at === 0 || byKeys(sorted[at - 1]!, record) !== 0)
  const text = sorted.map((record) => record + ending).join('')
  const output = options.value('o')
  if (output === undefined) call.out(text)
  else await call.writeOr(output, text, (reason) => new CommandFailure(`open failed: ${output}: ${reason}`, 2))
}

function parseKey(text: string): Key {
  const match = /^([0-9]+)(?:\.([0-9]+))?([bdfghiMnrV]*)(?:,([0-9]+)(?:\.([0-9]+))?([bdfghiMnrV]*))?$/.exec(text)
  if (!match || match[1] === '0')
    throw new CommandFailure(
      `${match ? 'field number is zero' : 'invalid number at field start'}: invalid field specification '${text}'`,
      2,
    )
  return {
    start: { field: Number(match[1]), char: Number(match[2] ?? 1), flags: match[3]! },
    end: match[4] === undefined ? undefined : { field: Number(match[4]), char: Number(match[5] ?? 0), flags: match[6]! },
    flags: match[3]! + (match[6] ?? ''),
  }
}

/** Where the fields of a line begin and end: without a separator, a field begins with the blanks before it. */
function fieldsOf(line: string, separator: string | undefined): { from: number; to: number }[] {
  const fields: { from: number; to: number }[] = []
  if (separator !== undefined) {
    let from = 0
    for (let at = line.indexOf(separator); at !== -1; at = line.indexOf(separator, from)) {
      fields.push({ from, to: at })
      from = at + 1
    }
    fields.push({ from, to: line.length })
    return fields
  }
  for (const match of line.matchAll(/[ \t]*[^ \t]+|[ \t]+$/g)) fields.push({ from: match.index, to: match.index + match[0].length })
  return fields
}

function extract(line: string, key: Key, separator: string | undefined, flags: string): string {
  const fields = fieldsOf(line, separator)
  const skipBlanks = (from: number) => {
    let at = from
    while (at < line.length && ' \t'.includes(line[at]!)) at++
    return at
  }
  const first = fields[key.start.field - 1]
  if (!first) return ''
  const base = key.start.flags.includes('b') || flags.includes('b') ? skipBlanks(first.from) : first.from
  const from = base + key.start.char - 1
  if (!key.end) return line.slice(from)
  const last = fields[key.end.field - 1]
  if (!last) return line.slice(from)
  if (key.end.char === 0) return line.slice(from, Math.max(from, last.to))
  const endBase = key.end.flags.includes('b') ? skipBlanks(last.from) : last.from
  return line.slice(from, Math.max(from, endBase + key.end.char))
}

function comparator(keys: readonly Key[], globalFlags: string, separator: string | undefined): Compare {
  if (keys.length === 0) {
    const compare = valueComparator(globalFlags)
    return (a, b) => compare(globalFlags.includes('b') ? a.trimStart() : a, globalFlags.includes('b') ? b.trimStart() : b)
  }
  const parts = keys.map((key) => {
    // A key without ordering options of its own has the global ones.
    const flags = key.flags === '' ? globalFlags : key.flags
    return { key, flags, compare: valueComparator(flags) }
  })
  return (a, b) => {
    for (const { key, flags, compare } of parts) {
      const order = compare(extract(a, key, separator, flags), extract(b, key, separator, flags))
      if (order !== 0) return order
    }
    return 0
  }
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

function valueComparator(flags: string): Compare {
  const plain = (text: string) => {
    let value = text
    if (flags.includes('d')) value = value.replace(/[^A-Za-z0-9 \t]/g, '')
    if (flags.includes('i')) value = value.replace(/[^ -~]/g, '')
    return flags.includes('f') ? value.toUpperCase() : value
  }
  const numeric =
    (read: (text: string) => number): Compare =>
    (a, b) => {
      const [x, y] = [read(a), read(b)]
      return x < y ? -1 : x > y ? 1 : 0
    }
  let compare: Compare
  if (flags.includes('n')) compare = compareNumbers
  else if (flags.includes('g'))
    compare = numeric((text) => {
      const value = Number.parseFloat(text)
      return Number.isNaN(value) ? -Infinity : value
    })
  else if (flags.includes('h'))
    compare = numeric((text) => {
      const match = /^\s*(-?[0-9]*\.?[0-9]*)([KMGTPEkmgtpe]?)/.exec(text)!
      const power = 'KMGTPE'.indexOf(match[2]!.toUpperCase()) + 1
      return match[2] === '' ? Number(match[1] || 0) : Number(match[1] || 0) * 1024 ** power
    })
  else if (flags.includes('M')) compare = numeric((text) => months.indexOf(text.trimStart().slice(0, 3).toUpperCase()))
  else if (flags.includes('V')) compare = compareVersions
  else
    compare = (a, b) => {
      const [x, y] = [plain(a), plain(b)]
      return x < y ? -1 : x > y ? 1 : 0
    }
  return flags.includes('r') ? (a, b) => compare(b, a) : compare
}

/** By sign, length and digits: numbers of any size, as -n compares them. */
function compareNumbers(a: string, b: string): number {
  const read = (text: string) => {
    const match = /^[ \t]*(-?)0*([0-9]*)(?:\.([0-9]*))?/.exec(text)!
    const fraction = (match[3] ?? '').replace(/0+$/, '')
    const zero = match[2] === '' && fraction === ''
    return { sign: match[1] === '-' && !zero ? -1 : 1, whole: match[2]!, fraction }
  }
  const [x, y] = [read(a), read(b)]
  if (x.sign !== y.sign) return x.sign - y.sign
  const size =
    x.whole.length - y.whole.length ||
    (x.whole < y.whole ? -1 : x.whole > y.whole ? 1 : x.fraction < y.fraction ? -1 : x.fraction > y.fraction ? 1 : 0)
  return size * x.sign
}

/** Digits by value, the rest by bytes; `~` before everything (Debian's order, that -V has). */
export function compareVersions(a: string, b: string): number {
  const order = (char: string | undefined) =>
    char === undefined || /[0-9]/.test(char) ? 0 : char === '~' ? -1 : /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    while ((i < a.length && !/[0-9]/.test(a[i]!)) || (j < b.length && !/[0-9]/.test(b[j]!))) {
      const difference = order(a[i]) - order(b[j])
      if (difference !== 0) return difference
      i++
      j++
    }
    const x = /^[0-9]*/.exec(a.slice(i))![0]
    const y = /^[0-9]*/.exec(b.slice(j))![0]
    i += x.length
    j += y.length
    const difference = BigInt(x || 0) - BigInt(y || 0)
    if (difference !== 0n) return difference < 0n ? -1 : 1
  }
  return a < b ? -1 : a > b ? 1 : 0
}
