import { DocumentEditError } from '../errors.js'
import { type NodeOptions, parseNodes } from '../parse/nodes.js'
import type { Directive, DockerfileNode, EscapeToken } from '../parse/types.js'
import { LogicalLine, lineStarts, type Span } from './source-map.js'
import { type InstructionTokens, readTokens } from './tokens.js'

/** A piece of a document: an instruction with its here-documents, or what stands between two (comments, blank lines, directives). */
export interface Segment extends Span {
  readonly text: string
  /** Index into `nodes`; `undefined` for what stands between. */
  readonly node: number | undefined
}

/**
 * A Dockerfile as a document: every byte of its text, divided by instructions. It never changes; each edit gives a new one.
 * Offsets are in UTF-16 units of `text`.
 */
export interface DockerfileDocument {
  readonly text: string
  readonly escape: EscapeToken
  readonly directives: readonly Directive[]
  readonly nodes: readonly DockerfileNode[]
  /** In order, without gaps: their texts together are the document. */
  readonly segments: readonly Segment[]
}

/**
 * Opens a text for editing. Instructions may be faulty (an unknown flag, a missing argument) as long as the text can be divided into them.
 * @throws DockerfileSyntaxError of phase `parse`
 */
export function openDocument(text: string, options: NodeOptions = {}): DockerfileDocument {
  const { escape: escapeToken, directives, nodes } = parseNodes(text, options)
  const starts = lineStarts(text)
  const segments: Segment[] = []
  let at = 0
  const add = (end: number, node: number | undefined) => {
    if (end > at) segments.push({ start: at, end, text: text.slice(at, end), node })
    at = end
  }
  nodes.forEach((node, index) => {
    add(starts[node.startLine - 1]!, undefined)
    add(starts[node.endLine] ?? text.length, index)
  })
  add(text.length, undefined)
  return { text, escape: escapeToken, directives, nodes, segments }
}

/** The text of a document. `printDocument(openDocument(text)) === text`. */
export function printDocument(document: DockerfileDocument): string {
  return document.segments.map((segment) => segment.text).join('')
}

/** The node at `index`. @throws DocumentEditError NO_SUCH_INSTRUCTION */
export function nodeAt(document: DockerfileDocument, index: number): DockerfileNode {
  const node = document.nodes[index]
  if (node) return node
  throw new DocumentEditError(
    'NO_SUCH_INSTRUCTION',
    `there is no instruction ${index}`,
    `Instructions are counted from 0 to ${document.nodes.length - 1}.`,
  )
}

/** The words of an instruction and where they are written. */
export function tokensOf(document: DockerfileDocument, index: number): InstructionTokens {
  const node = nodeAt(document, index)
  return readTokens(new LogicalLine(document.text, lineStarts(document.text), node.startLine, document.escape))
}

/**
 * Index of the FROM that opens a stage.
 * @param stage its name in any case, or its number from 0
 * @throws DocumentEditError NO_SUCH_STAGE
 */
export function stageNode(document: DockerfileDocument, stage: string | number): number {
  const froms = document.nodes.flatMap((node, index) => (node.keyword.toLowerCase() === 'from' ? [{ node, index }] : []))
  const wanted = typeof stage === 'string' ? stage.toLowerCase() : stage
  const found =
    typeof wanted === 'number'
      ? froms[wanted]
      : // Of stages with one name, the last is the one that later instructions mean.
        froms.findLast(({ node }) => typeof node.args[2] === 'string' && node.args[2].toLowerCase() === wanted)
  if (found) return found.index
  const names = froms.map(({ node }, index) => (typeof node.args[2] === 'string' ? node.args[2] : String(index)))
  throw new DocumentEditError('NO_SUCH_STAGE', `there is no stage ${stage}`, `The stages are ${names.join(', ')}.`)
}
