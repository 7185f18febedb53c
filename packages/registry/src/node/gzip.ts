import { once } from 'node:events'
import { createGzip } from 'node:zlib'
import type { Compress } from '../compress.js'

const CHUNK = 256 * 1024

/** gzip by node:zlib, off the main thread: the same bytes for the same input, level and zlib (header without time and name). */
export const compressGzip: Compress = async function* (input, level) {
  const stream = createGzip({ level, chunkSize: CHUNK })
  const feeding = (async () => {
    try {
      for await (const chunk of input) {
        if (stream.destroyed) return
        // zlib works on the caller's memory, which may be reused for the next chunk: wait until it is done with this one
        await new Promise<void>((resolve) => {
          stream.once('close', resolve)
          stream.write(chunk, () => {
            stream.off('close', resolve)
            resolve()
          })
        })
      }
      stream.end()
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined)
    }
  })()
  try {
    yield* stream as AsyncIterable<Uint8Array>
  } finally {
    stream.destroy()
    if (!stream.closed) await once(stream, 'close')
    await feeding
  }
}
