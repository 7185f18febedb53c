/**
 * One block of bzip2, from its tables to its bytes: Huffman codes, move-to-front with runs of zeros, the Burrows-Wheeler transform, and runs of equal bytes.
 * Facts: Julian Seward's documentation of bzip2 1.0, and the informal specification by Joe Tsai.
 */
import { CompressionError } from '../../errors.js'
import type { BitReader } from './bits.js'
import { type HuffmanTable, readTable } from './huffman.js'

/** Symbols that one selector's table is used for. */
const GROUP = 50
const RUN_A = 0
const RUN_B = 1

const broken = (what: string): CompressionError => new CompressionError('COMPRESSION_INVALID', 'bzip2', `${what}; get it again`)

/** @param size most symbols that a block of this stream may have */
export function decodeBlock(reader: BitReader, size: number): { readonly bytes: Uint8Array; readonly crc: number } {
  // Files written by versions before 0.9.5 may be randomised; nobody has written one since 1998.
  if (reader.bits(1) === 1) throw broken('it is of a form that only versions before 1998 wrote')
  const origin = reader.bits(24)
  const symbols = readSymbols(reader)
  const { tables, selectors } = readTables(reader, symbols.length + 2)
  const { transformed, counts } = readCodes(reader, symbols, tables, selectors, size)
  if (origin >= transformed.length) throw broken('a block begins outside itself')
  return expandRuns(transformed, invert(transformed, counts), origin)
}

/** The bytes that occur, from a map of maps. */
function readSymbols(reader: BitReader): number[] {
  const ranges = reader.bits(16)
  const symbols: number[] = []
  for (let range = 0; range < 16; range++) {
    if (!(ranges & (0x8000 >> range))) continue
    const present = reader.bits(16)
    for (let i = 0; i < 16; i++) if (present & (0x8000 >> i)) symbols.push(range * 16 + i)
  }
  if (symbols.length === 0) throw broken('a block has no symbols')
  return symbols
}

function readTables(reader: BitReader, alphabet: number): { tables: HuffmanTable[]; selectors: Uint8Array } {
  const count = reader.bits(3)
  const selectorCount = reader.bits(15)
  if (count < 2 || count > 6 || selectorCount === 0) throw broken('a block has impossible tables')
  const order = [0, 1, 2, 3, 4, 5].slice(0, count)
  const selectors = new Uint8Array(selectorCount)
  for (let i = 0; i < selectorCount; i++) {
    let place = 0
    while (reader.bits(1)) if (++place >= count) throw broken('a block names a table that it has not')
    const [table] = order.splice(place, 1)
    order.unshift(table!)
    selectors[i] = table!
  }
  return { tables: Array.from({ length: count }, () => readTable(reader, alphabet)), selectors }
}

function readCodes(reader: BitReader, symbols: readonly number[], tables: readonly HuffmanTable[], selectors: Uint8Array, size: number) {
  const end = symbols.length + 1
  const front = Uint8Array.from(symbols)
  const transformed = new Uint8Array(size)
  const counts = new Uint32Array(256)
  let length = 0
  let run = 0
  let weight = 1
  let left = 0
  let group = 0
  let table = tables[0]!
  for (;;) {
    if (left === 0) {
      if (group >= selectors.length) throw broken('a block has more codes than tables for them')
      table = tables[selectors[group++]!]!
      left = GROUP
    }
    left--
    const symbol = table.read(reader)
    if (symbol === RUN_A || symbol === RUN_B) {
      if (weight > 2 * size) throw broken('a block has too long a run')
      run += symbol === RUN_A ? weight : weight * 2
      weight *= 2
      continue
    }
    if (run > 0) {
      if (length + run > size) throw broken('a block is longer than it may be')
      const byte = front[0]!
      transformed.fill(byte, length, length + run)
      counts[byte]! += run
      length += run
      run = 0
      weight = 1
    }
    if (symbol === end) return { transformed: transformed.subarray(0, length), counts }
    if (length >= size) throw broken('a block is longer than it may be')
    const byte = front[symbol - 1]!
    front.copyWithin(1, 0, symbol - 1)
    front[0] = byte
    transformed[length++] = byte
    counts[byte]!++
  }
}

/** For each place of the sorted rotations, the place of the next byte. */
function invert(transformed: Uint8Array, counts: Uint32Array): Uint32Array {
  const starts = new Uint32Array(256)
  for (let byte = 1; byte < 256; byte++) starts[byte] = starts[byte - 1]! + counts[byte - 1]!
  const next = new Uint32Array(transformed.length)
  for (let i = 0; i < transformed.length; i++) next[starts[transformed[i]!]!++] = i
  return next
}

/** Follows the transform and writes runs out: after four equal bytes the fifth says how many more. */
function expandRuns(transformed: Uint8Array, next: Uint32Array, origin: number): { bytes: Uint8Array; crc: number } {
  let out = new Uint8Array(transformed.length * 2)
  let length = 0
  let same = 0
  let last = -1
  let at = next[origin]!
  for (let i = 0; i < transformed.length; i++) {
    const byte = transformed[at]!
    at = next[at]!
    if (length + 256 > out.length) {
      const larger = new Uint8Array(out.length * 2 + 512)
      larger.set(out.subarray(0, length))
      out = larger
    }
    if (same === 4) {
      out.fill(last, length, length + byte)
      length += byte
      same = 0
      last = -1
      continue
    }
    same = byte === last ? same + 1 : 1
    last = byte
    out[length++] = byte
  }
  const bytes = out.subarray(0, length)
  return { bytes, crc: crcOf(bytes) }
}

/** CRC-32 with the polynomial 0x04C11DB7, most significant bit first (zlib's runs the other way). */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (let i = 0; i < bytes.length; i++) crc = (crc << 8) ^ TABLE[((crc >>> 24) ^ bytes[i]!) & 0xff]!
  return ~crc >>> 0
}

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1
  return crc
})
