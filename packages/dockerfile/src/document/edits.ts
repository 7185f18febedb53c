import { DocumentEditError } from '../errors.js'
import type { DockerfileNode } from '../parse/types.js'
import { isSpace } from '../text/space.js'
import { type DockerfileDocument, nodeAt, openDocument, stageNode, tokensOf } from './document.js'
import { lineStarts, type Span } from './source-map.js'

/** What an edit does to the list of instructions: which come out new, in place of which. */
interface Change {
  readonly from: number
  readonly removed: number
  readonly added: number
}

/**
 * Replaces a stretch of the text and reads the result.
 * @throws DocumentEditError EDIT_REACHES_OTHERS if any instruction but those meant would read differently: a text with a here-document that
 * does not end, an instruction put behind a continuation at the end of the file
 */
function splice(document: DockerfileDocument, span: Span, text: string, change: Change): DockerfileDocument {
  const edited = openDocument(document.text.slice(0, span.start) + text + document.text.slice(span.end))
  const { from, removed, added } = change
  const before = document.nodes
  const after = edited.nodes
  const same =
    after.length === before.length - removed + added &&
    edited.escape === document.escape &&
    before.every((node, i) => (i >= from && i < from + removed) || sameReading(node, after[i < from ? i : i - removed + added]!))
  if (same) return edited
  throw new DocumentEditError(
    'EDIT_REACHES_OTHERS',
    'the edit would change how other instructions are read',
    'Give complete instructions: here-documents ended, no continuation behind the last line.',
  )
}

function sameReading(a: DockerfileNode, b: DockerfileNode): boolean {
  return (
    a.original === b.original &&
    a.comments.join('\n') === b.comments.join('\n') &&
    a.heredocs.length === b.heredocs.length &&
    a.heredocs.every((heredoc, i) => heredoc.data === b.heredocs[i]!.data)
  )
}

const inPlace = (index: number): Change => ({ from: index, removed: 1, added: 1 })

function hasSpace(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isSpace(text.charCodeAt(i))) return true
  return false
}

/**
 * Puts another base image into the FROM of a stage.
 * @param image as it is to be written; variables are possible
 * @throws DocumentEditError
 */
export function setBaseImage(document: DockerfileDocument, stage: string | number, image: string): DockerfileDocument {
  const index = stageNode(document, stage)
  const word = tokensOf(document, index).words[0]
  if (!word) throw new DocumentEditError('NO_SUCH_ARGUMENT', 'this FROM names no image', 'Replace the whole instruction instead.')
  if (image === '' || hasSpace(image) || image.endsWith(document.escape)) {
    throw new DocumentEditError(
      'BAD_EDIT_VALUE',
      `${JSON.stringify(image)} can't be written as an image`,
      'Give a reference without blanks.',
    )
  }
  return splice(document, word, image, inPlace(index))
}

/**
 * Pins the base image of a stage to a digest, keeping its name and tag.
 * @param digest `sha256:` and 64 hex digits
 * @throws DocumentEditError also if the base is a variable, an earlier stage or `scratch`, none of which has a digest to pin
 */
export function pinDigest(document: DockerfileDocument, stage: string | number, digest: string): DockerfileDocument {
  if (!/^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/.test(digest)) {
    throw new DocumentEditError('BAD_EDIT_VALUE', `${JSON.stringify(digest)} is not a digest`, 'Write sha256: and 64 hex digits.')
  }
  const index = stageNode(document, stage)
  const base = tokensOf(document, index).words[0]?.text ?? ''
  const isStage = document.nodes
    .slice(0, index)
    .some((node) => node.keyword.toLowerCase() === 'from' && typeof node.args[2] === 'string' && node.args[2].toLowerCase() === base)
  if (base.includes('$') || base === 'scratch' || isStage) {
    throw new DocumentEditError('NOT_AN_IMAGE', `${base} is not written as an image`, 'Pin the ARG or the stage that it comes from.')
  }
  const at = base.indexOf('@')
  return setBaseImage(document, stage, `${at < 0 ? base : base.slice(0, at)}@${digest}`)
}

const flagName = /^[a-z][a-z0-9-]*$/

function checkFlagName(name: string): void {
  if (!flagName.test(name))
    throw new DocumentEditError('BAD_EDIT_VALUE', `${JSON.stringify(name)} is not a flag`, 'Give its name without dashes.')
}

/** A value as it has to be written: quoted where blanks, quotes or escapes would be misread. */
function quoteFlagValue(value: string): string {
  if (/[\r\n]/.test(value)) throw new DocumentEditError('BAD_EDIT_VALUE', 'a flag can not hold a newline', 'Give a value of one line.')
  if (!hasSpace(value) && !/["'\\`]/.test(value)) return value
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

/**
 * Gives an instruction a flag: in place of the first of that name, or right behind the keyword.
 * @param value `undefined` for a flag that takes none (`--link`)
 * @throws DocumentEditError
 */
export function setFlag(document: DockerfileDocument, index: number, name: string, value?: string): DockerfileDocument {
  checkFlagName(name)
  const { keyword, flags } = tokensOf(document, index)
  const written = value === undefined ? `--${name}` : `--${name}=${quoteFlagValue(value)}`
  const existing = flags.find((flag) => flag.text.split('=', 1)[0] === `--${name}`)
  if (existing) return splice(document, existing, written, inPlace(index))
  return splice(document, { start: keyword.end, end: keyword.end }, ` ${written}`, inPlace(index))
}

/**
 * Takes a flag off an instruction, every one of that name, with the blanks in front of it. Nothing happens where there is none.
 * @throws DocumentEditError
 */
export function removeFlag(document: DockerfileDocument, index: number, name: string): DockerfileDocument {
  checkFlagName(name)
  const flags = tokensOf(document, index).flags.filter((each) => each.text.split('=', 1)[0] === `--${name}`)
  const first = flags[0]
  if (!first) return document
  const { text } = document
  const isBlankAt = (at: number) => text[at] === ' ' || text[at] === '\t'
  const cuts = flags.map(({ start, end }) => {
    let from = start
    while (from > 0 && isBlankAt(from - 1)) from--
    // On a line of its own the blanks in front are its indentation; what follows (a continuation) still needs one.
    const alone = (from === 0 || text[from - 1] === '\n') && !isBlankAt(end)
    return { start: alone ? start : from, end }
  })
  const kept = cuts.slice(1).map((cut, i) => text.slice(cuts[i]!.end, cut.start))
  return splice(document, { start: cuts[0]!.start, end: cuts.at(-1)!.end }, kept.join(''), inPlace(index))
}

function newlineOf(document: DockerfileDocument): string {
  const at = document.text.indexOf('\n')
  return at > 0 && document.text[at - 1] === '\r' ? '\r\n' : '\n'
}

/** The instructions in `text`, as lines with the document's own line ends. */
function asLines(document: DockerfileDocument, text: string): { lines: string; count: number } {
  const newline = newlineOf(document)
  const body = text.replace(/\r?\n$/, '')
  const head = document.escape === '`' ? '# escape=`\n' : ''
  const { nodes } = openDocument(head + body)
  return { lines: body.replace(/\r?\n/g, newline) + newline, count: nodes.length }
}

/** Where the comments right above an instruction start: they belong to it. */
function leadOf(document: DockerfileDocument, node: DockerfileNode): number {
  const starts = lineStarts(document.text)
  const head = document.directives.at(-1)?.line ?? 0
  let line = node.startLine
  while (line - 1 > head && /^\s*#/.test(document.text.slice(starts[line - 2]!, starts[line - 1]!))) line--
  return starts[line - 1]!
}

/**
 * Inserts instructions, with their comments if they have any, in front of the one at `index` and of the comments that belong to it.
 * @param index `nodes.length` puts them at the end
 * @throws DocumentEditError, DockerfileSyntaxError for a text that can't be read
 */
export function insertInstruction(document: DockerfileDocument, index: number, text: string): DockerfileDocument {
  const { lines, count } = asLines(document, text)
  const change = { from: index, removed: 0, added: count }
  if (index !== document.nodes.length) {
    const start = leadOf(document, nodeAt(document, index))
    return splice(document, { start, end: start }, lines, change)
  }
  const starts = lineStarts(document.text)
  const end = starts[nodeAt(document, index - 1).endLine] ?? document.text.length
  const missing = document.text[end - 1] === '\n' ? '' : newlineOf(document)
  return splice(document, { start: end, end }, missing + lines, change)
}

/**
 * Puts instructions in the place of one. The comments above stay.
 * @throws DocumentEditError, DockerfileSyntaxError for a text that can't be read
 */
export function replaceInstruction(document: DockerfileDocument, index: number, text: string): DockerfileDocument {
  const { lines, count } = asLines(document, text)
  return splice(document, segmentOf(document, index), lines, { from: index, removed: 1, added: count })
}

/** Takes an instruction out, and the comments that belong to it. @throws DocumentEditError */
export function removeInstruction(document: DockerfileDocument, index: number): DockerfileDocument {
  if (document.nodes.length === 1) {
    nodeAt(document, index)
    throw new DocumentEditError('BAD_EDIT_VALUE', 'the only instruction can not be removed', 'Replace it instead.')
  }
  const { end } = segmentOf(document, index)
  return splice(document, { start: leadOf(document, nodeAt(document, index)), end }, '', { from: index, removed: 1, added: 0 })
}

function segmentOf(document: DockerfileDocument, index: number): Span {
  nodeAt(document, index)
  return document.segments.find((segment) => segment.node === index)!
}
