import { CompressionError } from '../../errors.js'
import type { BitReader } from './bits.js'

const MAX_LENGTH = 20

/** A canonical Huffman code: for each length the last code of it, and where its symbols begin. */
export class HuffmanTable {
  readonly #limits: Int32Array
  readonly #bases: Int32Array
  readonly #symbols: Uint16Array
  readonly #shortest: number

  constructor(lengths: Uint8Array) {
    const counts = new Int32Array(MAX_LENGTH + 2)
    for (const length of lengths) counts[length]!++
    this.#shortest = counts.findIndex((count) => count > 0)
    this.#limits = new Int32Array(MAX_LENGTH + 1).fill(-1)
    this.#bases = new Int32Array(MAX_LENGTH + 1)
    let code = 0
    let place = 0
    for (let length = 1; length <= MAX_LENGTH; length++) {
      this.#bases[length] = place - code
      code += counts[length]!
      place += counts[length]!
      this.#limits[length] = code - 1
      code <<= 1
    }
    const symbols = Array.from(lengths, (_, symbol) => symbol)
    this.#symbols = Uint16Array.from(symbols.sort((a, b) => lengths[a]! - lengths[b]! || a - b))
  }

  read(reader: BitReader): number {
    let length = this.#shortest
    let code = reader.bits(length)
    while (code > this.#limits[length]!) {
      if (++length > MAX_LENGTH) throw invalid()
      code = (code << 1) | reader.bits(1)
    }
    const symbol = this.#symbols[code + this.#bases[length]!]
    if (symbol === undefined) throw invalid()
    return symbol
  }
}

const invalid = () => new CompressionError('COMPRESSION_INVALID', 'bzip2', 'a code is none of its table; get it again')

/** Lengths as differences: `10` one more, `11` one less, `0` done. */
export function readTable(reader: BitReader, alphabet: number): HuffmanTable {
  const lengths = new Uint8Array(alphabet)
  let length = reader.bits(5)
  for (let symbol = 0; symbol < alphabet; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_LENGTH) throw invalid()
      if (!reader.bits(1)) break
      length += reader.bits(1) ? -1 : 1
    }
    lengths[symbol] = length
  }
  return new HuffmanTable(lengths)
}
