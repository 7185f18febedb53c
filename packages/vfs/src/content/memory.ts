/** Bytes in memory, and runs of zeros. */
import { encodeName } from '../names.js'
import type { Content } from '../types.js'

/** Clamps a range to a content: `[start, end)` inside `[0, size]`. */
export function clampRange(size: number, start = 0, end = size): [number, number] {
  const from = Math.min(Math.max(start, 0), size)
  return [from, Math.min(Math.max(end, from), size)]
}

class MemoryContent implements Content {
  readonly size: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.size = bytes.length
    this.#bytes = bytes
  }

  async *stream(start?: number, end?: number): AsyncIterable<Uint8Array> {
    const [from, to] = clampRange(this.size, start, end)
    if (to > from) yield this.#bytes.subarray(from, to)
  }

  readInto(target: Uint8Array, offset: number): number {
    const [from, to] = clampRange(this.size, offset, offset + target.length)
    target.set(this.#bytes.subarray(from, to))
    return to - from
  }

  view(start = 0, end = this.size): Uint8Array {
    return start === 0 && end === this.size ? this.#bytes : this.#bytes.subarray(...clampRange(this.size, start, end))
  }
}

// Every empty file shares one content: a tree has thousands of them.
const EMPTY: Content = new MemoryContent(new Uint8Array(0))

/** Bytes in memory. They are not copied: the caller must not change them afterwards. */
export function memoryContent(bytes: Uint8Array): Content {
  return bytes.length === 0 ? EMPTY : new MemoryContent(bytes)
}

/** The UTF-8 bytes of a text (escaped bytes become themselves, see `encodeName`). */
export function textContent(text: string): Content {
  return memoryContent(encodeName(text))
}

const ZEROS = new Uint8Array(65_536)

class ZeroContent implements Content {
  readonly size: number

  constructor(size: number) {
    this.size = size
  }

  async *stream(start?: number, end?: number): AsyncIterable<Uint8Array> {
    const [from, to] = clampRange(this.size, start, end)
    for (let at = from; at < to; at += ZEROS.length) yield ZEROS.subarray(0, Math.min(ZEROS.length, to - at))
  }

  readInto(target: Uint8Array, offset: number): number {
    const [from, to] = clampRange(this.size, offset, offset + target.length)
    target.fill(0, 0, to - from)
    return to - from
  }
}

/** `size` zero bytes that take no memory: what a gap in a sparse file reads as. */
export function zeroContent(size: number): Content {
  return size === 0 ? EMPTY : new ZeroContent(size)
}

/** Whether a content is a run of zeros that was never written (a hole). */
export function isZeroContent(content: Content): boolean {
  return content instanceof ZeroContent
}

/** Bytes that two contents may share: whoever wrote last may write on behind its own end, earlier contents never see it. */
interface TailBuffer {
  readonly bytes: Uint8Array
  used: number
}

class TailContent implements Content {
  readonly size: number
  readonly #buffer: TailBuffer

  constructor(buffer: TailBuffer, size: number) {
    this.#buffer = buffer
    this.size = size
  }

  async *stream(start?: number, end?: number): AsyncIterable<Uint8Array> {
    const [from, to] = clampRange(this.size, start, end)
    if (to > from) yield this.#buffer.bytes.subarray(from, to)
  }

  readInto(target: Uint8Array, offset: number): number {
    const [from, to] = clampRange(this.size, offset, offset + target.length)
    target.set(this.#buffer.bytes.subarray(from, to))
    return to - from
  }

  view(start?: number, end?: number): Uint8Array {
    return this.#buffer.bytes.subarray(...clampRange(this.size, start, end))
  }

  /** This content with `data` behind it, if it is the newest on its buffer and there is room. */
  appended(data: Uint8Array): Content | undefined {
    const buffer = this.#buffer
    if (buffer.used !== this.size || buffer.bytes.length - buffer.used < data.length) return undefined
    buffer.bytes.set(data, buffer.used)
    buffer.used += data.length
    return new TailContent(buffer, buffer.used)
  }
}

/** A content that further appends can grow in place; `capacity` bytes are set aside. */
export function tailContent(data: Uint8Array, capacity: number): Content {
  const bytes = new Uint8Array(Math.max(capacity, data.length))
  bytes.set(data)
  return new TailContent({ bytes, used: data.length }, data.length)
}

/** `content` with `data` behind it without copying, where `content` allows that. */
export function appendInPlace(content: Content, data: Uint8Array): Content | undefined {
  return content instanceof TailContent ? content.appended(data) : undefined
}

/** The bytes of a content (one part, no rope) that lie in this process' memory; not to be written to. */
export function memoryView(content: Content): Uint8Array | undefined {
  return content instanceof MemoryContent || content instanceof TailContent ? content.view() : undefined
}
