import { InstructionFault } from '../errors.js'
import { isSpace, skipSpace } from '../text/space.js'
import type { Directive, SyntaxDirective } from './types.js'

const known: ReadonlySet<string> = new Set(['escape', 'syntax', 'check'])

/** ASCII white space without vertical tab: what `\s` means to the reference's regular expressions. */
function isRegexSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 12 || code === 13
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
}

/** Reads `name = value` behind the comment sign: a name of letters and digits and a value that is not empty. */
function readPair(text: string): { name: string; value: string } | undefined {
  let at = 0
  while (at < text.length && (isLetter(text.charCodeAt(at)) || (at > 0 && text[at]! >= '0' && text[at]! <= '9'))) at++
  if (at === 0) return undefined
  const name = text.slice(0, at).toLowerCase()
  while (at < text.length && isRegexSpace(text.charCodeAt(at))) at++
  if (text[at] !== '=') return undefined
  const behind = ++at
  while (at < text.length && isRegexSpace(text.charCodeAt(at))) at++
  let end = text.length
  while (end > at && isRegexSpace(text.charCodeAt(end - 1))) end--
  // Where there is nothing but white space, the last of it is the value: `# escape= ` is an invalid escape, `# escape=` no directive.
  const value = at === text.length && at > behind ? text.slice(at - 1) : text.slice(at, end)
  // A newline can't be part of a value; there is none inside a line, so this only guards callers that pass a whole comment.
  return value === '' || value.includes('\n') ? undefined : { name, value }
}

/**
 * Recognizes parser directives at the head of a file. The first line that is none of them (an unknown name, another comment, an empty
 * line) ends the head: no later line is one.
 */
export class DirectiveParser {
  private readonly sign: string
  private readonly seen = new Set<string>()
  done = false

  constructor(sign: '#' | '//' = '#') {
    this.sign = sign
  }

  /** @throws InstructionFault DUPLICATE_DIRECTIVE */
  read(line: string, number: number): Directive | undefined {
    if (this.done) return undefined
    // prefix-ok: the sign of a comment
    const pair = line.startsWith(this.sign) ? readPair(line.slice(skipSpace(line, this.sign.length))) : undefined
    if (!pair || !known.has(pair.name)) {
      this.done = true
      return undefined
    }
    if (this.seen.has(pair.name)) {
      throw new InstructionFault({
        code: 'DUPLICATE_DIRECTIVE',
        message: `only one ${pair.name} parser directive can be used`,
        hint: `Remove one of the two \`# ${pair.name}=\` lines.`,
      })
    }
    this.seen.add(pair.name)
    return { name: pair.name, value: pair.value, line: number }
  }
}

/** A directive inside an ordinary comment (without its `#`), as `check=skip=all` above an instruction. */
export function readCommentDirective(comment: string): { name: string; value: string } | undefined {
  return readPair(comment)
}

/** Reads directives without minding the rest of the file; a repeated one ends the list. */
function readAll(text: string, sign: '#' | '//', firstLine: number): Directive[] {
  const parser = new DirectiveParser(sign)
  const directives: Directive[] = []
  let at = 0
  for (let number = firstLine; at < text.length && !parser.done; number++) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(at, end > at && text.charCodeAt(end - 1) === 13 ? end - 1 : end)
    at = end + 1
    try {
      const directive = parser.read(line, number)
      if (directive) directives.push(directive)
    } catch (fault) {
      if (fault instanceof InstructionFault) return directives
      throw fault
    }
  }
  return directives
}

function firstWord(value: string): string {
  const space = value.indexOf(' ')
  return space < 0 ? value : value.slice(0, space)
}

/**
 * The directives of a file and the frontend it asks for, found without parsing it. A byte order mark and a `#!` line in front are passed
 * over (the parser itself takes a `#!` line for a comment, which ends the head: `escape` below one has no effect). The syntax may also be
 * a `// syntax=` line or the key of a JSON document.
 */
export function detectDirectives(source: string): { directives: readonly Directive[]; syntax: SyntaxDirective | null } {
  let text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source
  let skipped = 0
  if (text.startsWith('#!')) {
    const newline = text.indexOf('\n')
    text = newline < 0 ? '' : text.slice(newline + 1)
    skipped = 1
  }
  const directives = readAll(text, '#', skipped + 1)
  const find = (list: readonly Directive[]) => list.find((directive) => directive.name === 'syntax')
  const found = find(directives) ?? (text.startsWith('//') ? find(readAll(text, '//', skipped + 1)) : undefined)
  if (found) return { directives, syntax: { ref: firstWord(found.value), cmdline: found.value, line: found.line } }
  return { directives, syntax: syntaxOfJson(text, skipped) }
}

function syntaxOfJson(text: string, line: number): SyntaxDirective | null {
  let start = 0
  while (start < text.length && isSpace(text.charCodeAt(start))) start++
  if (text[start] !== '{') return null
  try {
    const document: unknown = JSON.parse(text)
    if (typeof document !== 'object' || document === null || !Object.hasOwn(document, 'syntax')) return null
    const value = (document as { syntax: unknown }).syntax
    return typeof value === 'string' ? { ref: value, cmdline: value, line } : null
  } catch {
    return null
  }
}
