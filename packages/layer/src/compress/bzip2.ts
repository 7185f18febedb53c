import { CompressionError } from '../errors.js'
import type { LayerLimits } from '../limits.js'
import { BitReader, END_MAGIC, START_MAGIC } from './bzip2/bits.js'
import { decodeBlock } from './bzip2/block.js'
import { inflateCaps } from './caps.js'

/** No block needs more input than this: 900,000 symbols of at most 20 bits, and its tables. */
const MAX_BLOCK_INPUT = 2_400_000

/**
 * bzip2 in JavaScript, of any number of streams, every checksum verified. Our own, because the decoders on npm need Node's Buffer or a stream library, or are not kept
 * any more; the format is small and will not change. Holds one block: 900 kB in, at most 46 MB out.
 * @throws CompressionError COMPRESSION_INVALID, LayerLimitError
 */
export async function* unbzip2(input: AsyncIterable<Uint8Array>, limits: LayerLimits): AsyncGenerator<Uint8Array> {
  const caps = inflateCaps(limits)
  const reader = new BitReader()
  const source = input[Symbol.asyncIterator]()
  let ended = false
  const fill = async (): Promise<void> => {
    while (!ended && reader.bytesLeft < MAX_BLOCK_INPUT) {
      const next = await source.next()
      if (next.done) ended = true
      else {
        caps.input(next.value)
        reader.push(next.value)
      }
    }
  }
  try {
    await fill()
    // An empty file is no bzip2; what follows a stream is another one.
    do {
      const size = readHeader(reader)
      let combined = 0
      for (;;) {
        await fill()
        const magic = reader.bits48()
        if (magic === END_MAGIC) break
        if (magic !== START_MAGIC) throw broken('a block does not begin where one should')
        const expected = reader.bits(32)
        const { bytes, crc } = decodeBlock(reader, size)
        if (crc !== expected) throw broken('a block has another checksum than it should')
        combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0
        caps.output(bytes)
        yield bytes
      }
      if (reader.bits(32) !== combined) throw broken('the stream has another checksum than it should')
      reader.align()
      await fill()
    } while (reader.bytesLeft > 0)
  } finally {
    await source.return?.()
  }
}

/** `BZh` and the block size in units of 100,000 bytes. */
function readHeader(reader: BitReader): number {
  const magic = reader.bits(24)
  const level = reader.bits(8) - 0x30
  if (magic !== 0x42_5a_68 || level < 1 || level > 9) throw broken('it does not begin as one')
  return level * 100_000
}

const broken = (what: string): CompressionError => new CompressionError('COMPRESSION_INVALID', 'bzip2', `${what}; get it again`)
