/**
 * Contents made of parts of other contents, and writing as the making of a new content: an edit copies at most one block
 * of 64 KiB and the list of parts, never the file, and whoever holds the old content keeps it.
 */
import type { Content } from '../types.js'
import { appendInPlace, clampRange, isZeroContent, memoryContent, memoryView, tailContent, zeroContent } from './memory.js'

/** Edits of in-memory parts rewrite one aligned block of this size, so a file never has much more than size / BLOCK parts. */
const BLOCK = 65_536
/** A file that is appended to gets a buffer as large as itself, up to this: a 1 GB log is about 130 parts. */
const MAX_TAIL = 8 * 1024 * 1024
const MIN_TAIL = 512

class RopeContent implements Content {
  readonly size: number
  readonly parts: readonly Content[]
  /** Where each part starts. */
  readonly starts: readonly number[]
  readonly readInto?: (target: Uint8Array, offset: number) => number

  constructor(parts: readonly Content[]) {
    const starts: number[] = new Array(parts.length)
    let size = 0
    let sync = true
    for (let i = 0; i < parts.length; i++) {
      starts[i] = size
      size += parts[i]!.size
      sync &&= parts[i]!.readInto !== undefined
    }
    this.size = size
    this.parts = parts
    this.starts = starts
    if (sync) this.readInto = readParts
  }

  async *stream(start?: number, end?: number): AsyncIterable<Uint8Array> {
    const [from, to] = clampRange(this.size, start, end)
    for (let i = partAt(this.starts, from); i < this.parts.length && this.starts[i]! < to; i++) {
      const base = this.starts[i]!
      yield* this.parts[i]!.stream(Math.max(from - base, 0), Math.min(to - base, this.parts[i]!.size))
    }
  }
}

function readParts(this: RopeContent, target: Uint8Array, offset: number): number {
  const [from, to] = clampRange(this.size, offset, offset + target.length)
  let at = from
  for (let i = partAt(this.starts, from); at < to; i++) {
    const base = this.starts[i]!
    const part = this.parts[i]!
    const count = Math.min(to, base + part.size) - at
    if (count <= 0) continue
    const got = part.readInto!(target.subarray(at - from, at - from + count), at - base)
    at += got
    if (got < count) break
  }
  return at - from
}

/** Index of the part that holds `offset` (the last one that starts at or before it). */
function partAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (starts[middle]! <= offset) low = middle + 1
    else high = middle
  }
  return Math.max(low - 1, 0)
}

class SliceContent implements Content {
  readonly size: number
  readonly base: Content
  readonly start: number
  readonly readInto?: (target: Uint8Array, offset: number) => number

  constructor(base: Content, start: number, end: number) {
    this.base = base
    this.start = start
    this.size = end - start
    if (base.readInto) this.readInto = readSlice
  }

  stream(start?: number, end?: number): AsyncIterable<Uint8Array> {
    const [from, to] = clampRange(this.size, start, end)
    return this.base.stream(this.start + from, this.start + to)
  }
}

function readSlice(this: SliceContent, target: Uint8Array, offset: number): number {
  const [from, to] = clampRange(this.size, offset, offset + target.length)
  return from === to ? 0 : this.base.readInto!(target.subarray(0, to - from), this.start + from)
}

/** The parts behind one another. Empty parts vanish; one part is itself; ropes among them are joined flat. */
export function concatContent(parts: readonly Content[]): Content {
  const flat: Content[] = []
  for (const part of parts) {
    if (part instanceof RopeContent) for (const inner of part.parts) flat.push(inner)
    else if (part.size > 0) flat.push(part)
  }
  return flat.length === 0 ? memoryContent(new Uint8Array(0)) : flat.length === 1 ? flat[0]! : new RopeContent(flat)
}

/** `[start, end)` of a content, by reference. */
export function sliceContent(content: Content, start: number, end: number = content.size): Content {
  const [from, to] = clampRange(content.size, start, end)
  if (from === 0 && to === content.size) return content
  if (from === to) return memoryContent(new Uint8Array(0))
  if (isZeroContent(content)) return zeroContent(to - from)
  if (content instanceof SliceContent) return new SliceContent(content.base, content.start + from, content.start + to)
  if (content instanceof RopeContent) {
    const parts: Content[] = []
    for (let i = partAt(content.starts, from); i < content.parts.length && content.starts[i]! < to; i++) {
      const base = content.starts[i]!
      parts.push(sliceContent(content.parts[i]!, Math.max(from - base, 0), Math.min(to - base, content.parts[i]!.size)))
    }
    return concatContent(parts)
  }
  return new SliceContent(content, from, to)
}

/** `content` with `data` behind it. Amortised cost: the bytes of `data`. */
export function appendTo(content: Content, data: Uint8Array): Content {
  if (data.length === 0) return content
  const parts = content instanceof RopeContent ? content.parts : [content]
  const last = parts[parts.length - 1]!
  const grown = appendInPlace(last, data)
  if (grown) return concatContent([...parts.slice(0, -1), grown])
  const room = Math.max(MIN_TAIL, Math.min(content.size, MAX_TAIL))
  // A small last part in memory is taken along, so that many small writes do not leave many small parts.
  if (last.readInto && !isZeroContent(last) && last.size + data.length <= BLOCK) {
    const joined = new Uint8Array(last.size + data.length)
    if (last.readInto(joined.subarray(0, last.size), 0) === last.size) {
      joined.set(data, last.size)
      return concatContent([...parts.slice(0, -1), tailContent(joined, joined.length + room)])
    }
  }
  return concatContent([...parts, tailContent(data, Math.max(room, data.length))])
}

/** `content` with `data` written over it at `offset`; a gap before `offset` reads as zeros. */
export function writeOver(content: Content, offset: number, data: Uint8Array): Content {
  if (data.length === 0) return content
  const size = content.size
  if (offset === size) return appendTo(content, data)
  const copy = data.slice()
  if (offset > size) return concatContent([content, zeroContent(offset - size), memoryContent(copy)])
  const end = offset + data.length
  const blockStart = offset - (offset % BLOCK)
  const blockEnd = Math.min(size, Math.ceil(end / BLOCK) * BLOCK)
  const before = sliceContent(content, blockStart, offset)
  const after = end < blockEnd ? sliceContent(content, end, blockEnd) : memoryContent(new Uint8Array(0))
  const edges = [edgeBytes(before), edgeBytes(after)] as const
  const middle = edges[0] && edges[1] ? [memoryContent(joinBytes(edges[0], copy, edges[1]))] : [before, memoryContent(copy), after]
  const tail = Math.max(blockEnd, end)
  return concatContent([sliceContent(content, 0, blockStart), ...middle, ...(tail < size ? [sliceContent(content, tail)] : [])])
}

/** The bytes between a block's border and a write, where they can be had at once. */
function edgeBytes(content: Content): Uint8Array | undefined {
  if (content.size === 0) return new Uint8Array(0)
  if (!content.readInto || isZeroContent(content)) return undefined
  const bytes = new Uint8Array(content.size)
  return content.readInto(bytes, 0) === bytes.length ? bytes : undefined
}

function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  if (parts.every((part, i) => i === 1 || part.length === 0)) return parts[1]!
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** `content` cut or extended with zeros to `size`. */
export function resizeTo(content: Content, size: number): Content {
  if (size <= content.size) return sliceContent(content, 0, size)
  return concatContent([content, zeroContent(size - content.size)])
}

const partsOf = (content: Content): readonly Content[] => (content instanceof RopeContent ? content.parts : [content])

const takesMemory = (part: Content): boolean => memoryView(part instanceof SliceContent ? part.base : part) !== undefined

/** What a content is made of, for whoever hands it to another thread: bytes, holes, and pieces of contents that lie elsewhere. */
export type ContentPart =
  /** A view, not to be written to. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly size: number }
  | { readonly kind: 'slice'; readonly content: Content; readonly start: number; readonly end: number }

/** The parts of a content, in order; `concatContent` of them is the content again. */
export function contentParts(content: Content): ContentPart[] {
  return partsOf(content).map((part) => {
    if (isZeroContent(part)) return { kind: 'zeros', size: part.size }
    const slice = part instanceof SliceContent ? part : { base: part, start: 0, size: part.size }
    const bytes = memoryView(slice.base)
    const [start, end] = [slice.start, slice.start + slice.size]
    return bytes ? { kind: 'bytes', bytes: bytes.subarray(start, end) } : { kind: 'slice', content: slice.base, start, end }
  })
}

/** Bytes of a content that lie in this process' memory. */
export function memoryBytes(content: Content): number {
  let bytes = 0
  for (const part of partsOf(content)) if (takesMemory(part)) bytes += part.size
  return bytes
}

/** The same content, with what lies in memory handed to `store`, which says where it is to be had from then on. */
export function withoutMemory(content: Content, store: (bytes: Uint8Array) => Content): Content {
  return concatContent(
    partsOf(content).map((part) => {
      if (!takesMemory(part) || part.size === 0) return part
      const bytes = new Uint8Array(part.size)
      part.readInto!(bytes, 0)
      return store(bytes)
    }),
  )
}
