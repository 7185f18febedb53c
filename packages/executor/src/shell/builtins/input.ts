import { parseArguments } from '../command-options.js'
import type { Shell } from '../language/shell.js'
import { FatalFault } from '../language/signals.js'
import { namePattern } from '../language/variables.js'
import { fromBytes, toBytes } from '../system/bytes.js'
import type { OpenFile } from '../system/open-file.js'
import type { Builtin } from './types.js'

/** Reads up to a delimiter and gives what came after it back; `ended` when the input ended first. */
async function readRecord(shell: Shell, file: OpenFile, delimiter: string, limit: number): Promise<{ text: string; ended: boolean }> {
  let text = ''
  for (;;) {
    const bytes = await file.read(shell.task, limit === Infinity ? undefined : limit - text.length)
    if (!bytes) return { text, ended: true }
    const piece = fromBytes(bytes)
    const end = piece.indexOf(delimiter)
    if (end !== -1) {
      file.unread(toBytes(piece.slice(end + 1)))
      return { text: text + piece.slice(0, end), ended: false }
    }
    text += piece
    if (text.length >= limit) return { text, ended: false }
  }
}

export const read: Builtin = async (shell, args) => {
  let fault: string | undefined
  const options = parseArguments(args, '+ersa:d:i:n:N:p:t:u:', {}, (message) => {
    throw new FatalFault(`read: ${message}`, 2)
  })
  if (options.operands.length === 0 && shell.dialect === 'dash') {
    await shell.complain('read: arg count')
    return 2
  }
  const raw = options.has('r')
  const file = shell.fds.get(Number(options.value('u') ?? 0))
  if (!file) {
    await shell.complain(`read: ${options.value('u') ?? 0}: invalid file descriptor: Bad file descriptor`)
    return 1
  }
  for (const name of options.operands) {
    if (!namePattern.test(name.replace(/\[.*\]$/, ''))) fault = name
  }
  if (fault !== undefined) {
    await shell.complain(`read: \`${fault}': not a valid identifier`)
    return 1
  }
  const exact = options.value('N')
  const limit = Number(exact ?? options.value('n') ?? Infinity)
  const delimiter = exact !== undefined ? '' : options.has('d') ? options.value('d')!.charAt(0) || '\0' : '\n'
  const { text, marks, ended } = await readLogical(shell, file, delimiter, limit, raw)
  assignFields(shell, text, marks, options.operands, options.value('a'), exact !== undefined)
  return ended ? 1 : 0
}

/** A record with its backslashes read: `marks` has the places that were escaped and so do not split. */
async function readLogical(shell: Shell, file: OpenFile, delimiter: string, limit: number, raw: boolean) {
  let text = ''
  const marks = new Set<number>()
  for (;;) {
    const record = await readRecord(shell, file, delimiter === '' ? '\uffff' : delimiter, limit - text.length)
    if (raw) return { text: record.text.replace(/\0/g, ''), marks, ended: record.ended }
    let continues = false
    for (let at = 0; at < record.text.length; at++) {
      const char = record.text[at]!
      if (char !== '\\') {
        if (char !== '\0') text += char
      } else if (at + 1 < record.text.length) {
        at++
        if (record.text[at] === '\n') continue
        marks.add(text.length)
        text += record.text[at]
      } else continues = !record.ended
    }
    if (!continues) return { text, marks, ended: record.ended }
  }
}

function assignFields(
  shell: Shell,
  text: string,
  marks: ReadonlySet<number>,
  names: readonly string[],
  array: string | undefined,
  whole: boolean,
): void {
  const { ifs } = shell
  const isIfs = (at: number) => !marks.has(at) && ifs.includes(text[at]!)
  const isSpace = (at: number) => isIfs(at) && ' \t\n'.includes(text[at]!)
  if (whole || (names.length === 0 && array === undefined)) {
    shell.assign(names[0] ?? 'REPLY', text)
    return
  }
  const fields: string[] = []
  const most = array === undefined ? names.length : Infinity
  let at = 0
  while (at < text.length && isSpace(at)) at++
  while (at < text.length) {
    if (fields.length === most - 1) {
      fields.push(lastField(text, at, isIfs, isSpace))
      break
    }
    const from = at
    while (at < text.length && !isIfs(at)) at++
    fields.push(text.slice(from, at))
    while (at < text.length && isSpace(at)) at++
    if (at < text.length && isIfs(at) && at > from && !isSpace(at)) {
      at++
      while (at < text.length && isSpace(at)) at++
    }
  }
  if (array !== undefined) {
    const variable = shell.env.writable(array)
    variable.value = new Map(fields.map((field, index) => [index, field]))
    return
  }
  names.forEach((name, index) => {
    shell.assign(name, fields[index] ?? '')
  })
}

/** The last name takes the rest of the line without white space at its end, and without one delimiter that only ends it. */
function lastField(text: string, from: number, isIfs: (at: number) => boolean, isSpace: (at: number) => boolean): string {
  let end = text.length
  while (end > from && isSpace(end - 1)) end--
  if (end > from && isIfs(end - 1) && !isSpace(end - 1)) {
    let only = true
    for (let at = from; at < end - 1; at++) if (isIfs(at)) only = false
    if (only) {
      end--
      while (end > from && isSpace(end - 1)) end--
    }
  }
  return text.slice(from, end)
}

/** `mapfile` and `readarray` */
export const mapfile: Builtin = async (shell, args) => {
  const options = parseArguments(args, 'td:n:O:s:u:C:c:', {}, (message) => {
    throw new FatalFault(`mapfile: ${message}`, 2)
  })
  const name = options.operands[0] ?? 'MAPFILE'
  const file = shell.fds.need(Number(options.value('u') ?? 0))
  const delimiter = options.has('d') ? options.value('d')!.charAt(0) || '\0' : '\n'
  const most = Number(options.value('n') ?? 0) || Infinity
  let skip = Number(options.value('s') ?? 0)
  const lines: string[] = []
  while (lines.length < most) {
    const record = await readRecord(shell, file, delimiter, Infinity)
    if (record.ended && record.text === '') break
    if (skip-- > 0) continue
    lines.push(record.ended || options.has('t') ? record.text : record.text + delimiter)
    if (record.ended) break
  }
  const origin = Number(options.value('O') ?? 0)
  const variable = shell.env.writable(name)
  const start = options.has('O') && typeof variable.value === 'object' ? variable.value : new Map<number, string>()
  lines.forEach((line, at) => {
    start.set(origin + at, line)
  })
  variable.value = start
}

export const getopts: Builtin = async (shell, args) => {
  if (args.length < 2) {
    await shell.complain('getopts: usage: getopts optstring name [arg ...]')
    return 2
  }
  const [spec = '', name = '', ...given] = args
  const words = args.length > 2 ? given : shell.positional
  const silent = spec.startsWith(':')
  let index = Number(shell.env.get('OPTIND') ?? 1)
  let at = shell.getoptsAt
  const finish = (variable: string, argument: string | undefined): number => {
    shell.env.set('OPTIND', String(index))
    shell.getoptsAt = at
    if (argument === undefined) shell.env.unset('OPTARG')
    else shell.env.set('OPTARG', argument)
    shell.assign(name, variable)
    return 0
  }
  const word = words[index - 1]
  if (word === undefined || (at === 0 && (!word.startsWith('-') || word === '-'))) {
    finish('?', undefined)
    return 1
  }
  if (at === 0 && word === '--') {
    index++
    finish('?', undefined)
    return 1
  }
  const letter = word[at === 0 ? 1 : at]!
  at = (at === 0 ? 1 : at) + 1
  const place = letter === ':' ? -1 : spec.indexOf(letter)
  const next = () => {
    index++
    at = 0
  }
  if (place === -1) {
    if (at >= word.length) next()
    if (!silent) await shell.write(2, `${shell.name}: illegal option -- ${letter}\n`)
    return finish('?', silent ? letter : undefined)
  }
  if (spec[place + 1] !== ':') {
    if (at >= word.length) next()
    return finish(letter, undefined)
  }
  let argument: string | undefined = word.slice(at)
  next()
  if (argument === '') {
    argument = words[index - 1]
    index++
    if (argument === undefined) {
      index--
      if (silent) return finish(':', letter)
      await shell.write(2, `${shell.name}: option requires an argument -- ${letter}\n`)
      return finish('?', undefined)
    }
  }
  return finish(letter, argument)
}
