import { BLOCK, checksum, padded } from './format.js'

/** Mode, uid and gid take the words 25 to 30 of a header, the time 34 to 36. */
const REPEATED = [25, 26, 27, 28, 29, 30, 34, 35, 36]

/** The header that most members have: a file or a directory of ustar, all numbers in octal, the name in the name field. */
export class PlainHeader {
  isDir = false
  mode = 0
  uid = 0
  gid = 0
  seconds = 0
  /** Bytes of data; 0 for a directory. */
  size = 0
  /** Mode, owner and time of the last header as they stood there: mostly the next one has the same. */
  readonly #last = new Uint32Array(REPEATED.length)
  /** Means nothing; it is kept so that the reads are not optimised away. */
  fetched = 0

  /**
   * Whether the block at `at` is such a header; its values are then in the fields. What is not (or has a wrong checksum) is left to
   * `TarParser`, which knows all forms and all errors. `words` is laid over the same memory.
   */
  read(bytes: Uint8Array, words: Uint32Array, at: number): boolean {
    const type = bytes[at + 156]
    if ((type !== 0x30 && type !== 0x35) || bytes[at + 345] !== 0) return false
    const size = octal(bytes, at + 124, 12)
    if (size < 0) return false
    this.isDir = type === 0x35
    this.size = this.isDir ? 0 : size
    this.#fetch(words, at + BLOCK + padded(this.size))
    return octal(bytes, at + 148, 8) === checksum(words, bytes, at) && (this.#repeats(words, at) || this.#readRest(bytes, words, at))
  }

  /**
   * Asks for the memory of the next header while this one is worked on, a word of each cache line: waiting for it is otherwise most of what the index of a tar in
   * memory costs. Where only a part of the tar lies in memory, this is some other part of it, or nothing.
   */
  #fetch(words: Uint32Array, next: number): void {
    const at = next >>> 2
    if (at + 112 >= words.length) return
    this.fetched =
      words[at]! |
      words[at + 16]! |
      words[at + 32]! |
      words[at + 48]! |
      words[at + 64]! |
      words[at + 80]! |
      words[at + 96]! |
      words[at + 112]!
  }

  #repeats(words: Uint32Array, at: number): boolean {
    const last = this.#last
    for (let i = 0; i < REPEATED.length; i++) if (last[i] !== words[(at >>> 2) + REPEATED[i]!]) return false
    return true
  }

  #readRest(bytes: Uint8Array, words: Uint32Array, at: number): boolean {
    const mode = octal(bytes, at + 100, 8)
    this.mode = mode & 0o7777
    this.uid = octal(bytes, at + 108, 8)
    this.gid = octal(bytes, at + 116, 8)
    this.seconds = octal(bytes, at + 136, 12)
    if (mode < 0 || this.uid < 0 || this.gid < 0 || this.seconds < 0) {
      // No header of zeros comes here, so nothing repeats them.
      this.#last.fill(0)
      return false
    }
    for (let i = 0; i < REPEATED.length; i++) this.#last[i] = words[(at >>> 2) + REPEATED[i]!]!
    return true
  }
}

/** Octal digits up to a NUL; -1 where there are none, or something else. */
function octal(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = at; i < at + length; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 7) return digit === -48 && i > at ? value : -1
    value = value * 8 + digit
  }
  return value
}
