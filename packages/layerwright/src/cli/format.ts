/** `--format`: the part of Go's templates that is a path to a value. The rest is a language of its own, and refused. */
import { unknownKeys } from '@layerwright/dockerfile'
import { reportError } from './errors.js'
import { printJson, table } from './output.js'

/** A format that can't be read, or asks for what is not there. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
  readonly code = 'FORMAT_UNUSABLE'
  readonly hint: string
  constructor(message: string, hint: string = SUBSET) {
    super(`--format: ${message}`)
    this.hint = hint
  }
}
const SUBSET =
  'what there is: {{.Field.Sub}}, {{json .Field}}, {{index .Field "key"}}, and json for everything; for more pipe JSON into a program for it'

/** Gives the text for one value. */
export type Template = (value: unknown) => string

/** A text piece as it is, or what stands between two pairs of braces. @throws FormatError for what is no part of the subset */
export function parseTemplate(text: string): Template {
  const pieces: Template[] = []
  const unescaped = text.replace(/\\([tn])/g, (_, name: string) => (name === 't' ? '\t' : '\n'))
  let at = 0
  for (const { index, 0: whole, 1: inside } of unescaped.matchAll(/\{\{(.*?)\}\}/gs)) {
    const before = unescaped.slice(at, index)
    pieces.push(() => before)
    pieces.push(parseAction(inside!.trim()))
    at = index + whole.length
  }
  const rest = unescaped.slice(at)
  if (rest.includes('{{')) throw new FormatError(`"${text}" has {{ without }}`)
  return (value) => pieces.map((piece) => piece(value)).join('') + rest
}

const PATH = /^\.$|^(?:\.[A-Za-z_][A-Za-z0-9_]*)+$/

function parseAction(action: string): Template {
  const [, word = '', path = '', argument] = /^(?:(json|index)\s+)?(\.\S*)(?:\s+("(?:[^"\\]|\\.)*"|\d+))?$/.exec(action) ?? []
  if (!PATH.test(path) || (argument !== undefined) !== (word === 'index')) throw new FormatError(`{{${action}}} is not supported`)
  const names = path.split('.').filter(Boolean)
  if (word === 'json') return (value) => JSON.stringify(valueAt(value, names))
  if (word === '') return (value) => shown(valueAt(value, names), path)
  const key: unknown = JSON.parse(argument!)
  return (value) => shown(member(valueAt(value, names), String(key)) ?? '', action)
}

function valueAt(value: unknown, names: readonly string[]): unknown {
  let found = value
  for (const name of names) {
    const next = member(found, name)
    if (next === undefined) throw missing(name, found)
    found = next
  }
  return found
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const member = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined

function missing(name: string, value: unknown): FormatError {
  if (!isObject(value) || Array.isArray(value)) return new FormatError(`there is no .${name} in ${JSON.stringify(value) ?? 'nothing'}`)
  const known = Object.keys(value)
  const [said = ''] = unknownKeys({ [name]: true }, known)
  const meant = / did you mean `(.*)`/.exec(said)?.[1]
  return new FormatError(`there is no .${name}${meant ? `: did you mean .${meant}?` : ''}`, `the fields are ${known.join(', ')}`)
}

/** Go has a form of its own for maps and lists, in which nobody can tell where one value ends. */
function shown(value: unknown, path: string): string {
  if (isObject(value)) throw new FormatError(`${path} is ${Array.isArray(value) ? 'a list' : 'an object'}: write {{json ${path}}}`)
  return value === null ? '' : String(value)
}

/**
 * What a list prints for `--format`: `json` is one document a line, `table TEMPLATE` has a head. undefined: as without a format.
 * @param headings of all fields that an item has, by their names
 * @throws FormatError also where there is no item
 */
export function listPrinter(
  format: string | undefined,
  headings: Readonly<Record<string, string>>,
): ((items: readonly object[]) => string) | undefined {
  if (format === undefined || format === 'table') return undefined
  const [, asTable, text = ''] = /^(table\s+)?(.*)$/s.exec(format) ?? []
  const columns = (asTable ? text.split(/\\t|\t/) : [text === 'json' ? '{{json .}}' : text]).map(parseTemplate)
  const head = columns.map((column) => column(headings))
  const rows = (items: readonly object[]) => items.map((item) => columns.map((column) => column(item)))
  if (asTable) return (items) => `${table(head, rows(items))}\n`
  return (items) =>
    rows(items)
      .map((row) => `${row.join('')}\n`)
      .join('')
}

/** What `inspect` prints: one document for all, or a line for each. Gives 1 where one had not what the format asks for. @throws FormatError */
export function inspectPrinter(format: string | undefined): (found: readonly unknown[]) => number {
  if (format === undefined || format === 'json') {
    return (found) => {
      printJson(found)
      return 0
    }
  }
  const template = parseTemplate(format)
  return (found) => {
    let status = 0
    for (const value of found) {
      try {
        console.log(template(value))
      } catch (error) {
        status = reportError(error)
      }
    }
    return status
  }
}
