import { type DockerfileDocument, openDocument } from '../document/document.js'
import { DockerfileSyntaxError } from '../errors.js'
import { instructionNames } from '../parse/arguments.js'
import type { NodeOptions } from '../parse/nodes.js'
import { parseNodes } from '../parse/nodes.js'
import type { DockerfileNode } from '../parse/types.js'
import { skipSpace } from '../text/space.js'
import { type InstructionLines, type Layout, layOut, readInstructionLines, touchUp } from './instruction.js'
import { sameNode } from './same.js'

export interface FormatOptions extends NodeOptions {
  /** Casing of keywords; upper case by default. */
  readonly keywords?: 'upper' | 'lower'
  /** Blanks in front of continuation lines; 4 by default. */
  readonly indent?: number
}

/**
 * Formats a Dockerfile without changing what it says: every instruction of the result reads as before (keyword casing and line numbers apart).
 *
 * - keywords in one casing, and no blanks in front of them; one blank between keyword, flags and arguments
 * - continuation lines indented, where their blanks are no part of an argument: the script of a RUN stays as written, because it is what runs
 *   and what the history shows
 * - no blanks at the ends of lines, no blank lines inside an instruction, at most one between two, one newline at the end
 *
 * Here-documents, directives and the words of comments stay untouched. Formatting twice gives the same as once.
 * @throws DockerfileSyntaxError of phase `parse`: a text that can't be divided into instructions can't be formatted
 */
export function formatDockerfile(text: string, options: FormatOptions = {}): string {
  const document = openDocument(text, options)
  const layout: Layout = { keywords: options.keywords ?? 'upper', indent: ' '.repeat(Math.max(0, options.indent ?? 4)) }
  // Of mixed ones, the plain kind.
  const newline = text.includes('\r\n') && !/(?<!\r)\n/.test(text) ? '\r\n' : '\n'
  const mark = text.charCodeAt(0) === 0xfeff ? '\ufeff' : ''
  const parts: string[] = []
  for (const segment of document.segments) {
    const source = segment.start === 0 ? segment.text.slice(mark.length) : segment.text
    if (segment.node === undefined) parts.push(between(document, source, segment.start === 0, newline))
    else parts.push(instruction(document, document.nodes[segment.node]!, source, newline, layout, options))
  }
  return mark + parts.join('').replace(/(?:\r?\n)+$/, '') + newline
}

const linesOf = (text: string): string[] => {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => line.replace(/\r+$/, ''))
}

/** Comments and blank lines between instructions. The head of the file stays as it is: a blank can make a directive of a comment. */
function between({ directives, nodes }: DockerfileDocument, text: string, first: boolean, newline: string): string {
  const head = first ? (directives.at(-1)?.line ?? 0) : 0
  const out: string[] = []
  linesOf(text).forEach((line, index) => {
    const kept = index < head ? line : line.replace(/[ \t\r]+$/, '')
    if (kept !== '' || out.at(-1) !== '') out.push(kept)
  })
  // In front of everything a blank line may keep what follows from being a directive or a byte order mark.
  if (first && out.length === 1 && out[0] === '' && isInstruction(nodes[0]!)) out.shift()
  return out.map((line) => line + newline).join('')
}

const isInstruction = ({ keyword }: DockerfileNode) => instructionNames.includes(keyword.toUpperCase())

function instruction(
  { escape: token }: DockerfileDocument,
  node: DockerfileNode,
  text: string,
  newline: string,
  layout: Layout,
  options: NodeOptions,
): string {
  const raw = text.split('\n')
  const lines = readInstructionLines(linesOf(text), token)
  const bodies = node.heredocs.length === 0 ? '' : raw.slice(lines.count).join('\n')
  // What comes behind must stay apart: a blank can be what keeps an escape character from continuing the last line.
  const next = lines.open ? '' : 'FROM next\n'
  // One that starts with an empty continued line has no first line to put its keyword into.
  const ways = skipSpace(lines.logical) === 0 && !startsEmpty(lines) ? [layOut, touchUp] : []
  for (const write of ways) {
    const made = write(lines, token, layout).map((line) => line + newline)
    const candidate = made.join('') + (bodies === '' || bodies.endsWith('\n') ? bodies : bodies + newline)
    if (readsAs(candidate + next, [{ ...node, comments: [] }, ...(next === '' ? [] : [undefined])], token, options)) return candidate
  }
  return text.endsWith('\n') ? text : text + newline
}

const startsEmpty = ({ lines }: InstructionLines) => lines[0]?.kind === 'code' && lines[0].end === 0

/** @param wanted `undefined`: whatever it is */
function readsAs(text: string, wanted: readonly (DockerfileNode | undefined)[], token: string, options: NodeOptions): boolean {
  try {
    const { nodes } = parseNodes(token === '`' ? `# escape=\`\n${text}` : text, options)
    return nodes.length === wanted.length && wanted.every((node, i) => node === undefined || sameNode(nodes[i]!, node))
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return false
    throw error
  }
}
