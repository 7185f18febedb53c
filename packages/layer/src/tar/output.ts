import type { Sink } from '../types.js'
import { aligned } from './scan.js'

/** Bytes gathered before they go to the sink: as much as a store's writer takes through without copying. */
const CAPACITY = 1024 * 1024
/** What it begins with, and doubles: most layers hold a few files, and a megabyte for each would be most of the work for them. */
const FIRST = 16 * 1024

/** A buffer before a sink. Headers and small contents are made in place in it. */
export class TarOutput {
  /** Others after `reserve`, which may need larger ones. */
  bytes: Uint8Array
  words: Uint32Array
  readonly capacity = CAPACITY
  readonly #sink: Sink
  #used = 0
  #flushed = 0

  constructor(sink: Sink) {
    ;({ bytes: this.bytes, words: this.words } = aligned(FIRST))
    this.#sink = sink
  }

  /** Bytes written so far. */
  get position(): number {
    return this.#flushed + this.#used
  }

  /** Bytes behind what is reserved: some, but where the buffer is full. */
  get room(): number {
    return this.bytes.length - this.#used
  }

  /** Makes room for `count` bytes (at most `capacity`) that the caller fills in; gives where. */
  reserve(count: number): number {
    if (this.#used + count > CAPACITY) this.flush()
    const at = this.#used
    this.#used += count
    if (this.#used >= this.bytes.length && this.bytes.length < CAPACITY) this.#grow()
    return at
  }

  #grow(): void {
    const before = this.bytes
    let size = before.length
    while (size <= this.#used && size < CAPACITY) size *= 2
    ;({ bytes: this.bytes, words: this.words } = aligned(size))
    this.bytes.set(before)
  }

  write(part: Uint8Array): void {
    if (part.length > CAPACITY) {
      this.flush()
      this.#sink(part)
      this.#flushed += part.length
    } else {
      const at = this.reserve(part.length)
      this.bytes.set(part, at)
    }
  }

  zeros(count: number): void {
    if (count > 0) {
      const at = this.reserve(count)
      this.bytes.fill(0, at, at + count)
    }
  }

  flush(): void {
    if (this.#used === 0) return
    this.#sink(this.bytes.subarray(0, this.#used))
    this.#flushed += this.#used
    this.#used = 0
  }
}
