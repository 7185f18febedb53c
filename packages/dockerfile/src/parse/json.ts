import { skipSpace } from '../text/space.js'
import { wellFormed } from '../text/utf8.js'

/** A valid JSON array with an element that is not a string: the one fault of the JSON form that is not simply taken for the shell form. */
export const notStrings = Symbol('not strings')

/** How deep the reference's JSON reader goes. */
const maxDepth = 10_000

/**
 * Reads the JSON form of an instruction's arguments.
 * @returns `undefined` if the text is not a JSON array, which makes it the shell form
 */
export function parseStringArray(text: string): string[] | typeof notStrings | undefined {
  const start = skipSpace(text)
  if (text.charCodeAt(start) !== 91) return undefined
  let end = text.length
  while (end > start && isJsonSpace(text.charCodeAt(end - 1))) end--
  // Most texts that start with a bracket and are no JSON are shell tests: `[ -f x ] && …`.
  if (text.charCodeAt(end - 1) !== 93) return undefined
  let value: unknown
  try {
    value = JSON.parse(text.slice(start, end))
  } catch {
    return undefined
  }
  const list = value as unknown[]
  if (list.every((item) => typeof item === 'string')) return (list as string[]).map(wellFormed)
  return isReadable(list) ? notStrings : undefined
}

function isJsonSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13
}

/** False for documents that the reference's JSON reader refuses and JavaScript's takes: numbers out of range, deeper nesting. */
function isReadable(list: unknown[]): boolean {
  const open: { value: unknown; depth: number }[] = [{ value: list, depth: 1 }]
  for (let item = open.pop(); item; item = open.pop()) {
    const { value, depth } = item
    if (typeof value === 'number' && !Number.isFinite(value)) return false
    if (typeof value !== 'object' || value === null) continue
    if (depth > maxDepth) return false
    for (const child of Object.values(value)) open.push({ value: child, depth: depth + 1 })
  }
  return true
}
