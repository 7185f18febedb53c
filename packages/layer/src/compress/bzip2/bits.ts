import { CompressionError } from '../../errors.js'

/** First 48 bits of a block, and of the end of a stream. */
export const START_MAGIC = 0x3141_5926_5359
export const END_MAGIC = 0x1772_4538_5090

/** Bits, most significant first, of bytes that come in pieces. */
export class BitReader {
  #bytes = new Uint8Array(1 << 16)
  /** Bytes that are there, and the next one to take. */
  #end = 0
  #at = 0
  #held = 0
  #count = 0

  /** Whole bytes that nobody has taken. */
  get bytesLeft(): number {
    return this.#end - this.#at
  }

  /** Adds bytes; the caller may reuse the memory. */
  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) {
      const left = this.#bytes.subarray(this.#at, this.#end)
      const size = Math.max(this.#bytes.length, (left.length + chunk.length) * 2)
      const bytes = size > this.#bytes.length ? new Uint8Array(size) : this.#bytes
      bytes.set(left)
      this.#bytes = bytes
      this.#end = left.length
      this.#at = 0
    }
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** @param count 1 to 24, or 32 */
  bits(count: number): number {
    if (count > 24) return this.bits(16) * 0x10000 + this.bits(count - 16)
    while (this.#count < count) {
      if (this.#at >= this.#end) throw new CompressionError('COMPRESSION_INVALID', 'bzip2', 'it ends early; get it again')
      this.#held = ((this.#held << 8) | this.#bytes[this.#at++]!) & 0x7fff_ffff
      this.#count += 8
    }
    this.#count -= count
    const value = (this.#held >>> this.#count) & ((1 << count) - 1)
    this.#held &= (1 << this.#count) - 1
    return value
  }

  bits48(): number {
    return this.bits(24) * 0x100_0000 + this.bits(24)
  }

  /** Drops the rest of a byte. */
  align(): void {
    this.#count -= this.#count % 8
    this.#held &= (1 << this.#count) - 1
    // Whole bytes that were taken too early: there are none, because `bits` takes one at a time.
  }
}
