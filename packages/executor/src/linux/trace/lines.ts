/** The lines that strace writes: which process, which call, its arguments as texts, its result. */
import { decodeName } from '@layerwright/vfs'

export type Line =
  /** A call from its beginning to its end. */
  | { readonly kind: 'call'; readonly pid: number; readonly name: string; readonly args: readonly string[]; readonly result: string }
  /** A call that others came in between of: `text` is what there is of its arguments. */
  | { readonly kind: 'begun'; readonly pid: number; readonly name: string; readonly text: string }
  | { readonly kind: 'ended'; readonly pid: number; readonly name: string; readonly text: string }
  | { readonly kind: 'exit'; readonly pid: number }
  /** The thread `by` executed a program: it goes on under the number of its process. */
  | { readonly kind: 'superseded'; readonly pid: number; readonly by: number }
  /** Something else, as of a process that was killed before the tracer could ask what it calls. */
  | { readonly kind: 'other'; readonly pid: number; readonly text: string }

const HEAD = /^(\d+) +/
const NAME = /^([a-z_][a-z0-9_]*)\(/
const ENDED = /^<\.\.\. ([a-z_][a-z0-9_]*) resumed>/
const SUPERSEDED = /^\+\+\+ superseded by execve in pid (\d+) \+\+\+$/
const UNFINISHED = ' <unfinished ...>'

/** @returns undefined for a line that is of no process */
export function parseLine(text: string): Line | undefined {
  const head = HEAD.exec(text)
  if (!head) return undefined
  const pid = Number(head[1])
  const rest = text.slice(head[0].length)
  const name = NAME.exec(rest)?.[1]
  if (name !== undefined) {
    const inner = rest.slice(name.length + 1)
    if (inner.endsWith(UNFINISHED)) return { kind: 'begun', pid, name, text: inner.slice(0, -UNFINISHED.length) }
    const parsed = parseCall(inner)
    return parsed?.result === undefined
      ? { kind: 'other', pid, text: rest }
      : { kind: 'call', pid, name, args: parsed.args, result: parsed.result }
  }
  const ended = ENDED.exec(rest)
  if (ended) return { kind: 'ended', pid, name: ended[1]!, text: rest.slice(ended[0].length) }
  const by = SUPERSEDED.exec(rest)?.[1]
  if (by !== undefined) return { kind: 'superseded', pid, by: Number(by) }
  if (/^\+\+\+ (?:exited with \d+|killed by \S+(?: \(core dumped\))?) \+\+\+$/.test(rest)) return { kind: 'exit', pid }
  return { kind: 'other', pid, text: rest }
}

const OPENING = '([{'
const CLOSING = ')]}'

/**
 * Arguments up to the bracket that closes the call, and what is behind ` = `; without a result where the text ends before that.
 * @returns undefined where the text is no such thing
 */
export function parseCall(text: string): { readonly args: string[]; readonly result: string | undefined } | undefined {
  const args: string[] = []
  let depth = 0
  let start = 0
  const take = (end: number): void => {
    const arg = text.slice(start, end).trim()
    if (arg !== '' || args.length > 0) args.push(arg)
  }
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '"') {
      i = endOfString(text, i)
      if (i < 0) return undefined
    } else if (char === '<' && text[i - 1] !== '<' && text[i + 1] !== '<') {
      i = text.indexOf('>', i)
      if (i < 0) return undefined
    } else if (char === '/' && text[i + 1] === '*') {
      i = text.indexOf('*/', i) + 1
      if (i < 1) return undefined
    } else if (OPENING.includes(char)) depth++
    else if (CLOSING.includes(char)) {
      if (depth === 0) {
        take(i)
        const result = /^\)\s+= (.+)$/.exec(text.slice(i))?.[1]
        return result === undefined ? undefined : { args, result }
      }
      depth--
    } else if (char === ',' && depth === 0) {
      take(i)
      start = i + 1
    }
  }
  take(text.length)
  return { args, result: undefined }
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
  return -1
}

/** A string of C as the name that it is; undefined where the argument is none, or was cut. */
export function stringOf(arg: string | undefined): string | undefined {
  if (arg === undefined || arg.length < 2 || arg[0] !== '"' || endOfString(arg, 0) !== arg.length - 1) return undefined
  return unquoted(arg.slice(1, -1))
}

/** Strings of an array, which may have been cut: `whole` says whether they are all. */
export function stringsOf(arg: string | undefined): { readonly strings: readonly string[]; readonly whole: boolean } {
  const items = arg?.startsWith('[') && arg.endsWith(']') ? (parseCall(arg.slice(1, -1))?.args ?? []) : []
  const strings: string[] = []
  for (const item of items) {
    const text = stringOf(item)
    if (text === undefined) {
      const cut = item.endsWith('...') ? stringOf(item.slice(0, -3)) : undefined
      return { strings: cut === undefined ? strings : [...strings, cut], whole: false }
    }
    strings.push(text)
  }
  return { strings, whole: true }
}

/** The path that stands in `<…>` behind a descriptor; undefined where it has none. */
export function annotationOf(arg: string | undefined): string | undefined {
  const path = arg === undefined ? undefined : /^[^<"]*<([^>]*)>/.exec(arg)?.[1]
  return path === undefined ? undefined : unquoted(path)
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12, a: 7, b: 8, e: 27 }

function unquoted(text: string): string {
  if (!text.includes('\\')) return text
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\') {
      bytes.push(text.charCodeAt(i))
      continue
    }
    const next = text[++i] ?? ''
    const octal = /^[0-7]{1,3}/.exec(text.slice(i, i + 3))?.[0]
    const hex = next === 'x' ? /^[0-9a-f]{2}/.exec(text.slice(i + 1, i + 3))?.[0] : undefined
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8))
      i += octal.length - 1
    } else if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16))
      i += 2
    } else bytes.push(ESCAPES[next] ?? next.charCodeAt(0))
  }
  return decodeName(Uint8Array.from(bytes))
}
