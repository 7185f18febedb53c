import { CompressionError } from '../errors.js'
import type { LayerLimits } from '../limits.js'
import { inflateCaps } from './caps.js'

/** xz in WebAssembly, loaded when one is met. Streams. @throws CompressionError COMPRESSION_INVALID, LayerLimitError */
export async function* unxz(input: AsyncIterable<Uint8Array>, limits: LayerLimits): AsyncGenerator<Uint8Array> {
  const { default: xz } = await import('xz-decompress')
  const caps = inflateCaps(limits)
  const source = input[Symbol.asyncIterator]()
  let failure: unknown
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await source.next()
        if (next.done) controller.close()
        else {
          caps.input(next.value)
          // A copy: the decoder takes it later, when the source may have reused its memory.
          controller.enqueue(new Uint8Array(next.value))
        }
      } catch (error) {
        failure = error
        controller.error(error)
      }
    },
  })
  const reader = new xz.XzReadableStream(stream).getReader()
  try {
    for (;;) {
      const next = await reader.read().catch((error: unknown) => {
        throw (
          failure ?? new CompressionError('COMPRESSION_INVALID', 'xz', 'the data is damaged or truncated; get it again', { cause: error })
        )
      })
      if (next.done) return
      // The decoder's memory is reused for the next piece.
      const bytes = new Uint8Array(next.value)
      caps.output(bytes)
      yield bytes
    }
  } finally {
    await reader.cancel().catch(() => {})
    await source.return?.()
  }
}
