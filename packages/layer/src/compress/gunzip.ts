import { CompressionError } from '../errors.js'
import type { LayerLimits } from '../limits.js'
import { inflateCaps } from './caps.js'

/** Bytes of output that are made at a time. */
const PIECE = 64 * 1024
/** The largest window, and the gzip format only. */
const GZIP_WINDOW = 15 + 16

/**
 * gzip in JavaScript, of any number of members (estargz, bgzip, `cat a.gz b.gz`), every checksum verified; zeros behind the last one are padding. Not by the
 * platform's `DecompressionStream`, which takes a second member for junk and does not say where the first one ended.
 * @throws CompressionError COMPRESSION_INVALID, LayerLimitError
 */
export async function* gunzip(input: AsyncIterable<Uint8Array>, limits: LayerLimits): AsyncGenerator<Uint8Array> {
  const { Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit2, zlibInflateReset } = await import('pako')
  const caps = inflateCaps(limits)
  const stream = new ZStream()
  zlibInflateInit2(stream, GZIP_WINDOW)
  stream.output = new Uint8Array(PIECE)
  stream.avail_out = PIECE
  /** A member has ended, and no other one has begun. */
  let between = false
  let padding = false
  for await (const chunk of input) {
    caps.input(chunk)
    stream.input = chunk
    stream.next_in = 0
    stream.avail_in = chunk.length
    let more = !padding
    while (more) {
      if (between && stream.avail_in > 0) {
        padding = chunk[stream.next_in] === 0
        if (padding) break
        zlibInflateReset(stream)
        between = false
      }
      // What goes out is never written again: the next piece begins behind it, or in new memory.
      if (stream.avail_out === 0) {
        stream.output = new Uint8Array(PIECE)
        stream.next_out = 0
        stream.avail_out = PIECE
      }
      const from = stream.next_out
      const status = zlibInflate(stream, Z_NO_FLUSH)
      if (status !== Z_OK && status !== Z_STREAM_END && status !== Z_BUF_ERROR) throw damaged()
      between = status === Z_STREAM_END
      const part = stream.output.subarray(from, stream.next_out)
      more = stream.avail_in > 0 || (stream.avail_out === 0 && !between)
      if (part.length === 0) continue
      caps.output(part)
      yield part
    }
  }
  if (!between) throw damaged()
}

const damaged = (): CompressionError =>
  new CompressionError('COMPRESSION_INVALID', 'gzip', 'the data is damaged or truncated; get it again')
