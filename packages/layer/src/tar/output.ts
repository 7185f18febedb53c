import type { Sink } from '../types.js'
import { aligned } from './scan.js'

/** Bytes gathered before they go to the sink: as much as a store's writer takes through without copying. */
const CAPACITY = 1024 * 1024

/** A buffer before a sink. Headers and small contents are made in place in it. */
export class TarOutput {
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  readonly capacity = CAPACITY
  readonly #sink: Sink
  #used = 0
  #flushed = 0

  constructor(sink: Sink) {
    const { bytes, words } = aligned(CAPACITY)
    this.bytes = bytes
    this.words = words
    this.#sink = sink
  }

  /** Bytes written so far. */
  get position(): number {
    return this.#flushed + this.#used
  }

  /** Bytes that can be reserved without a flush. */
  get room(): number {
    return CAPACITY - this.#used
  }

  /** Makes room for `count` bytes (at most `capacity`) that the caller fills in; gives where. */
  reserve(count: number): number {
    if (this.#used + count > CAPACITY) this.flush()
    const at = this.#used
    this.#used += count
    return at
  }

  write(part: Uint8Array): void {
    if (part.length > CAPACITY) {
      this.flush()
      this.#sink(part)
      this.#flushed += part.length
    } else this.bytes.set(part, this.reserve(part.length))
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
