import { InstructionFault } from '../errors.js'
import { goQuote } from '../text/go-quote.js'
import { cutBlank, isSpace, splitBlanks, trim } from '../text/space.js'
import { splitFlags } from './flags.js'
import { notStrings, parseStringArray } from './json.js'
import type { EscapeToken, SubNode } from './types.js'
import { splitWords } from './words.js'

/** How the text behind a keyword is divided, per instruction. */
type Shape = 'text' | 'json-or-text' | 'json-or-list' | 'list' | 'pairs' | 'words' | 'healthcheck' | 'instruction'

const shapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['add', 'json-or-list'],
  ['arg', 'words'],
  ['cmd', 'json-or-text'],
  ['copy', 'json-or-list'],
  ['entrypoint', 'json-or-text'],
  ['env', 'pairs'],
  ['expose', 'list'],
  ['from', 'list'],
  ['healthcheck', 'healthcheck'],
  ['label', 'pairs'],
  ['maintainer', 'text'],
  ['onbuild', 'instruction'],
  ['run', 'json-or-text'],
  ['shell', 'json-or-text'],
  ['stopsignal', 'text'],
  ['user', 'text'],
  ['volume', 'json-or-list'],
  ['workdir', 'text'],
])

/** Keywords of all instructions, upper case, in alphabetical order. */
export const instructionNames: readonly string[] = [...shapes.keys()].map((name) => name.toUpperCase())

interface Arguments {
  readonly args: (string | SubNode)[]
  readonly json: boolean
}

/**
 * Reads a logical line as keyword, flags and arguments.
 * @param line without leading white space
 * @param depth how many ONBUILD this one is inside of
 * @throws InstructionFault
 */
export function parseLine(line: string, escapeToken: EscapeToken, nesting: number, depth = 0): SubNode {
  const [keyword, behind] = cutBlank(trim(line))
  const { flags, rest } = behind === undefined ? { flags: [], rest: '' } : splitFlags(behind)
  const lower = keyword.toLowerCase()
  const { args, json } = readArguments(shapes.get(lower), lower, rest, escapeToken, nesting, depth)
  return { keyword, flags, args, json, original: line }
}

function readArguments(
  shape: Shape | undefined,
  keyword: string,
  rest: string,
  escapeToken: EscapeToken,
  nesting: number,
  depth: number,
): Arguments {
  switch (shape) {
    case undefined:
      // An unknown instruction is an error of the second pass; here its arguments are passed over.
      return plain([''])
    case 'text':
      return plain(rest === '' ? [] : [rest])
    case 'list':
      return plain(rest === '' ? [] : splitBlanks(rest))
    case 'words':
      return plain(splitWords(rest, escapeToken))
    case 'pairs':
      return plain(readPairs(rest, keyword.toUpperCase(), escapeToken))
    case 'json-or-text':
      return rest === '' ? plain([]) : (readJson(rest) ?? plain([rest]))
    case 'json-or-list':
      return readJson(rest) ?? plain(rest === '' ? [] : splitBlanks(rest))
    case 'healthcheck':
      return readHealthcheck(rest)
    case 'instruction':
      if (rest === '') return plain([])
      if (depth >= nesting) {
        throw new InstructionFault({
          code: 'LIMIT_EXCEEDED',
          message: `more than ${nesting} ONBUILD inside each other`,
          hint: 'An ONBUILD inside an ONBUILD is never allowed: keep one.',
        })
      }
      return plain([parseLine(rest, escapeToken, nesting, depth + 1)])
  }
}

function plain(args: (string | SubNode)[]): Arguments {
  return { args, json: false }
}

function readJson(text: string): Arguments | undefined {
  const list = parseStringArray(text)
  if (list === notStrings) {
    throw new InstructionFault({
      code: 'JSON_NOT_STRINGS',
      message: 'when using JSON array syntax, arrays must be comprised of strings only',
      hint: 'Put every element into double quotes.',
    })
  }
  return list && { args: list, json: true }
}

/** Keys, values and signs (`=`, or `''` for the old form without it), three by three. */
function readPairs(rest: string, keyword: string, escapeToken: EscapeToken): string[] {
  const words = splitWords(rest, escapeToken)
  if (words.length === 0) return []
  if (!words[0]!.includes('=')) {
    const [key, value] = cutBlank(rest)
    if (value !== undefined) return [key, value, '']
    throw new InstructionFault({
      code: 'MISSING_ARGUMENTS',
      message: `${keyword} must have two arguments`,
      hint: `Write \`${keyword} ${key}=value\`.`,
    })
  }
  return words.flatMap((word) => {
    const equals = word.indexOf('=')
    if (equals < 0) {
      throw new InstructionFault({
        code: 'MISSING_EQUALS',
        message: `Syntax error - can't find = in ${goQuote(word)}. Must be of the form: name=value`,
        hint: 'Write name=value, and put a value with blanks into quotes. A comment needs a line of its own.',
        focus: word,
      })
    }
    return [word.slice(0, equals), word.slice(equals + 1), '=']
  })
}

/** `CMD …` or `NONE`: a type, and behind it what CMD takes. */
function readHealthcheck(rest: string): Arguments {
  let end = 0
  while (end < rest.length && !isSpace(rest.charCodeAt(end))) end++
  if (end === 0) return plain([])
  let next = end
  while (next < rest.length && isSpace(rest.charCodeAt(next))) next++
  const type = rest.slice(0, end)
  const command = rest.slice(next)
  if (command === '') return plain([type])
  const json = readJson(command)
  return json ? { args: [type, ...json.args], json: true } : plain([type, command])
}
