import { CompressionError } from '../errors.js'
import type { LayerLimits } from '../limits.js'
import { inflateCaps } from './caps.js'

/** zstd in JavaScript, for platforms without a native decoder. Streams; holds one window (at most a few MiB). */
export async function* unzstd(input: AsyncIterable<Uint8Array>, limits: LayerLimits): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd')
  const caps = inflateCaps(limits)
  const ready: Uint8Array[] = []
  const decoder = new Decompress((chunk) => {
    if (chunk.length > 0) ready.push(new Uint8Array(chunk))
  })
  try {
    for await (const chunk of input) {
      caps.input(chunk)
      decode(() => decoder.push(new Uint8Array(chunk), false))
      for (const part of ready.splice(0)) {
        caps.output(part)
        yield part
      }
    }
    decode(() => decoder.push(new Uint8Array(0), true))
    for (const part of ready.splice(0)) {
      caps.output(part)
      yield part
    }
  } finally {
    ready.length = 0
  }
}

function decode(work: () => void): void {
  try {
    work()
  } catch (error) {
    throw new CompressionError('COMPRESSION_INVALID', 'zstd', 'the data is damaged or truncated; get it again', { cause: error })
  }
}
