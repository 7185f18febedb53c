const SLASH = 47
const DOT = 46
/** Bytes of the name field of a header. */
const FIELD = 100
/** Where the last component can begin that is looked into as far as `.wh.` goes, and an end behind it. */
const LATEST = FIELD - 4
/** Bytes of names that are decoded together. */
const ROOM = 16 * 1024
const ascii = new TextDecoder()

/**
 * Names that wait to be decoded in one call, because decoding each by itself would be a third of what an index costs. Each is compared with the one before, as
 * bytes: what they share needs no second look, and the first difference says whether they are in order.
 */
export class WaitingNames {
  /** How many. */
  count = 0
  readonly #bytes: Uint8Array
  readonly #words: Uint32Array
  readonly #starts = new Uint32Array(ROOM / 4)
  readonly #ends = new Uint32Array(ROOM / 4)
  /** Where the last name begins, and its bytes in the field, a directory's slash included. */
  #last = 0
  #lastField = 0
  /** Where in it the last component begins (behind a directory's slash: where the next would). */
  #lastComponent = 0

  constructor() {
    const buffer = new ArrayBuffer(ROOM + FIELD)
    this.#bytes = new Uint8Array(buffer)
    this.#words = new Uint32Array(buffer)
  }

  /** Whether no further name may fit. */
  get full(): boolean {
    return this.#last + 2 * FIELD > ROOM
  }

  /**
   * Takes the name in the field at `at` (a multiple of 4; `words` is laid over the same memory): 1 where it is behind the last one in the order of paths, 0 where
   * it is not, and -1, without taking it, where it is not plain: not in ASCII, not clean, the mark of a whiteout, the root, or the last one again.
   */
  take(bytes: Uint8Array, words: Uint32Array, at: number, isDir: boolean): -1 | 0 | 1 {
    const own = this.#bytes
    const ownWords = this.#words
    const isFirst = this.count === 0
    const last = this.#last
    const place = isFirst ? 0 : (last + this.#lastField + 4) & ~3
    const [from, to] = [at >> 2, place >> 2]
    let word = 0
    if (!isFirst) {
      for (; word < FIELD / 4; word++) {
        const value = words[from + word]!
        ownWords[to + word] = value
        if (value !== ownWords[(last >> 2) + word]) break
      }
    }
    let same = word * 4
    if (!isFirst) while (same < FIELD && own[last + same] === bytes[at + same]) same++
    if (same > this.#lastField) return -1
    // What they share is clean already, but for the component in which they differ: its beginning may mean something else now.
    let start = same
    if (start > this.#lastComponent) start = this.#lastComponent
    else while (start > 0 && bytes[at + start - 1] !== SLASH) start--
    if (bytes[at + start] === DOT && (start > LATEST || isSpecial(bytes, at + start))) return -1
    let end = same
    for (; end < FIELD; end++) {
      const byte = bytes[at + end]!
      if (byte === 0) break
      if (byte >= 0x80) return -1
      if (byte !== SLASH) continue
      if (end === start) return -1
      start = end + 1
      if (bytes[at + start] === DOT && (start > LATEST || isSpecial(bytes, at + start))) return -1
    }
    // A slash at the end belongs to a directory; before ustar it made one out of a file.
    const slashed = end === start
    if (end === 0 || (slashed && !isDir)) return -1
    const length = slashed ? end - 1 : end
    if (!isFirst && length === this.#ends[this.count - 1]! - last && same >= length) return -1
    const behind = isFirst || rank(own[last + same]!, same, this.#lastField) < rank(bytes[at + same]!, same, end)
    for (; word * 4 < end; word++) ownWords[to + word] = words[from + word]!
    this.#starts[this.count] = place
    this.#ends[this.count++] = place + length
    this.#last = place
    this.#lastField = end
    this.#lastComponent = start
    return behind ? 1 : 0
  }

  /** The names, in the order in which they came; none waits afterwards. */
  decode(take: (name: string) => void): void {
    const text = ascii.decode(this.#bytes.subarray(0, this.#last + this.#lastField))
    for (let i = 0; i < this.count; i++) take(text.slice(this.#starts[i], this.#ends[i]))
    this.count = 0
    this.#last = 0
    this.#lastField = 0
    this.#lastComponent = 0
  }
}

/** Place of a byte in the order of paths: the end before a slash, a slash before everything else. */
const rank = (byte: number, at: number, end: number): number => (at >= end ? 0 : byte === SLASH ? 1 : byte + 1)

/** Whether a component that begins with a dot here is `.`, `..`, or begins with `.wh.`. */
function isSpecial(bytes: Uint8Array, at: number): boolean {
  const second = bytes[at + 1]!
  if (second === 0 || second === SLASH) return true
  if (second === DOT) return bytes[at + 2] === 0 || bytes[at + 2] === SLASH
  return second === 0x77 && bytes[at + 2] === 0x68 && bytes[at + 3] === DOT
}
