import type { Call } from '../call.js'
import { parseOptions } from '../command-options.js'
import { CommandFailure } from '../failure.js'
import { splitLines, splitRecords } from '../text/lines.js'
import type { Command } from './types.js'

/** Programs that work on columns and on pairs of files: cut, paste, comm, join, uniq. */

/** `1,3-5,7-` as a test of places counted from 1. */
function parseRanges(text: string): (place: number) => boolean {
  const ranges = text.split(/[, ]/).map((part) => {
    const match = /^([0-9]*)(-?)([0-9]*)$/.exec(part)
    if (!match || part === '' || part === '-')
      throw new CommandFailure(part === '-' ? 'invalid range with no endpoint: -' : `invalid field value '${part}'`)
    const from = Number(match[1] || 1)
    const to = match[2] === '' ? from : match[3] === '' ? Infinity : Number(match[3])
    if (from === 0) throw new CommandFailure('fields are numbered from 1')
    if (to < from) throw new CommandFailure('invalid decreasing range')
    return { from, to }
  })
  return (place) => ranges.some(({ from, to }) => place >= from && place <= to)
}

async function* inputLines(call: Call, operands: readonly string[], separator = '\n'): AsyncIterable<string[]> {
  for (const operand of operands.length > 0 ? operands : ['-']) {
    const text = await call.tryRead(operand)
    if (text !== undefined) yield splitRecords(text, separator)
  }
}

export const cut: Command = async (call) => {
  const options = parseOptions(call, 'b:c:d:f:nsz', {
    bytes: 'b:',
    characters: 'c:',
    delimiter: 'd:',
    fields: 'f:',
    'only-delimited': 's',
    complement: 'complement',
    'output-delimiter': 'out:',
    'zero-terminated': 'z',
  })
  const list = options.value('b', 'c', 'f')
  if (list === undefined) throw new CommandFailure('you must specify a list of bytes, characters, or fields')
  const wanted = parseRanges(list)
  const chosen = options.has('complement') ? (place: number) => !wanted(place) : wanted
  const delimiter = options.value('d') ?? '\t'
  if (options.has('d') && delimiter.length > 1) throw new CommandFailure('the delimiter must be a single character')
  if (options.has('d') && !options.has('f')) throw new CommandFailure('an input delimiter may be specified only when operating on fields')
  const ending = options.has('z') ? '\0' : '\n'
  for await (const lines of inputLines(call, options.operands, ending)) {
    for (const line of lines) {
      if (options.has('f')) {
        const split = delimiter === '' ? '\0' : delimiter
        if (!line.includes(split)) {
          if (!options.has('s')) call.out(line + ending)
          continue
        }
        call.out(
          line
            .split(split)
            .filter((_, at) => chosen(at + 1))
            .join(options.value('out') ?? split) + ending,
        )
      } else if (options.value('out') === undefined) call.out([...line].filter((_, at) => chosen(at + 1)).join('') + ending)
      else {
        const runs: string[] = []
        let last = -1
        for (let at = 0; at < line.length; at++) {
          if (!chosen(at + 1)) continue
          if (last === at - 1 && runs.length > 0) runs.push(runs.pop()! + line[at]!)
          else runs.push(line[at]!)
          last = at
        }
        call.out(runs.join(options.value('out')) + ending)
      }
    }
    await call.step()
  }
}

export const paste: Command = async (call) => {
  const options = parseOptions(call, 'd:sz', { delimiters: 'd:', serial: 's', 'zero-terminated': 'z' })
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '0': '\0', '\\': '\\' }
  const delimiters = (options.value('d') ?? '\t').replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter)
  const between = (at: number) => (delimiters === '' ? '' : delimiters[at % delimiters.length]!.replace('\0', ''))
  const operands = options.operands.length > 0 ? options.operands : ['-']
  // Several `-` take lines of the standard input in turn.
  const inputs = new Map<string, string[]>()
  for (const operand of new Set(operands)) {
    const text = await call.tryRead(operand)
    if (text === undefined) return
    inputs.set(operand, splitLines(text))
  }
  if (options.has('s')) {
    for (const operand of operands)
      call.out(`${inputs.get(operand)!.reduce((text, line, at) => (at === 0 ? line : text + between(at - 1) + line), '')}\n`)
    return
  }
  const columns = operands.map((operand) => (operand === '-' ? inputs.get(operand)! : [...inputs.get(operand)!]))
  while (columns.some((column) => column.length > 0)) {
    call.out(
      `${columns.map((column) => column.shift() ?? '').reduce((text, cell, at) => (at === 0 ? cell : text + between(at - 1) + cell), '')}\n`,
    )
    await call.step()
  }
}

async function pair(call: Call, operands: readonly string[]): Promise<[string[], string[]] | undefined> {
  if (operands.length < 2) throw new CommandFailure(operands.length === 0 ? 'missing operand' : `missing operand after '${operands[0]}'`)
  const [a, b] = [await call.tryRead(operands[0]!), await call.tryRead(operands[1]!)]
  return a === undefined || b === undefined ? undefined : [splitLines(a), splitLines(b)]
}

export const comm: Command = async (call) => {
  const options = parseOptions(call, '123z', {
    'check-order': 'check',
    'nocheck-order': 'nocheck',
    'output-delimiter': 'out:',
    total: 'total',
  })
  const files = await pair(call, options.operands)
  if (!files) return 1
  const tab = options.value('out') ?? '\t'
  const [left, right] = files
  const show = (column: 1 | 2 | 3, line: string) => {
    if (options.has(String(column))) return
    const before = [1, 2].filter((each) => each < column && !options.has(String(each))).length
    call.out(`${tab.repeat(before)}${line}\n`)
  }
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    if (j >= right.length || (i < left.length && left[i]! < right[j]!)) show(1, left[i++]!)
    else if (i >= left.length || right[j]! < left[i]!) show(2, right[j++]!)
    else {
      show(3, left[i++]!)
      j++
    }
  }
}

export const join: Command = async (call) => {
  const options = parseOptions(call, '1:2:j:t:a:v:e:o:iz', {
    'ignore-case': 'i',
    header: 'header',
    'check-order': 'c',
    'nocheck-order': 'nc',
  })
  const files = await pair(call, options.operands)
  if (!files) return 1
  const separator = options.value('t')
  const fieldAt = [Number(options.value('1', 'j') ?? 1) - 1, Number(options.value('2', 'j') ?? 1) - 1]
  const split = (line: string) => (separator === undefined ? line.trim().split(/[ \t]+/) : line.split(separator))
  const [left, right] = files.map((lines) => lines.map(split)) as [string[][], string[][]]
  const key = (row: string[] | undefined, side: number) => {
    const text = row?.[fieldAt[side]!] ?? ''
    return options.has('i') ? text.toLowerCase() : text
  }
  const empty = options.value('e') ?? ''
  const format = options.value('o')
  const unpaired = [...options.values('a'), ...options.values('v')]
  const put = (a: string[] | undefined, b: string[] | undefined) => {
    const joined = a?.[fieldAt[0]!] ?? b?.[fieldAt[1]!] ?? ''
    const others = (row: string[] | undefined, side: number) => (row ?? []).filter((_, at) => at !== fieldAt[side]!)
    const cells =
      format === undefined || format === 'auto'
        ? [joined, ...others(a, 0), ...others(b, 1)]
        : format.split(/[, ]/).map((place) => {
            if (place === '0') return joined
            const [side, field] = place.split('.')
            return (side === '1' ? a : b)?.[Number(field) - 1] || empty
          })
    call.out(`${cells.join(separator ?? ' ')}\n`)
  }
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    const [a, b] = [key(left[i], 0), key(right[j], 1)]
    if (j >= right.length || (i < left.length && a < b)) {
      if (unpaired.includes('1')) put(left[i], undefined)
      i++
    } else if (i >= left.length || b < a) {
      if (unpaired.includes('2')) put(undefined, right[j])
      j++
    } else {
      let [endI, endJ] = [i, j]
      while (endI < left.length && key(left[endI], 0) === a) endI++
      while (endJ < right.length && key(right[endJ], 1) === a) endJ++
      if (!options.has('v')) for (let x = i; x < endI; x++) for (let y = j; y < endJ; y++) put(left[x], right[y])
      ;[i, j] = [endI, endJ]
    }
  }
}

export const uniq: Command = async (call) => {
  const options = parseOptions(call, 'cdDf:is:uw:z', {
    count: 'c',
    repeated: 'd',
    'all-repeated': 'D',
    'skip-fields': 'f:',
    'ignore-case': 'i',
    'skip-chars': 's:',
    unique: 'u',
    'check-chars': 'w:',
    'zero-terminated': 'z',
  })
  const ending = options.has('z') ? '\0' : '\n'
  const [input = '-', output] = options.operands
  const text = await call.tryRead(input)
  if (text === undefined) return 1
  const key = (line: string) => {
    let part = line
    for (let field = Number(options.value('f') ?? 0); field > 0; field--) part = part.replace(/^[ \t]*[^ \t]*/, '')
    part = part.slice(Number(options.value('s') ?? 0))
    if (options.has('w')) part = part.slice(0, Number(options.value('w')))
    return options.has('i') ? part.toLowerCase() : part
  }
  const groups: string[][] = []
  let last: string | undefined
  for (const line of splitRecords(text, ending)) {
    const own = key(line)
    if (own === last) groups[groups.length - 1]!.push(line)
    else groups.push([line])
    last = own
  }
  let result = ''
  for (const group of groups) {
    if (options.has('d', 'D') && group.length < 2) continue
    if (options.has('u') && group.length > 1) continue
    for (const line of options.has('D') ? group : group.slice(0, 1))
      result += `${options.has('c') ? `${String(group.length).padStart(7)} ` : ''}${line}${ending}`
  }
  if (output === undefined || output === '-') call.out(result)
  else await call.writeOr(output, result, (reason) => new CommandFailure(`${output}: ${reason}`))
}
