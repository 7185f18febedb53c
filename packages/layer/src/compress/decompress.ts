import { CompressionError, LayerLimitError } from '../errors.js'
import { type LayerLimits, layerLimits } from '../limits.js'
import { inflateCaps } from './caps.js'
import type { Compression } from './detect.js'
import { unzstd } from './zstd.js'

/** Turns compressed bytes into plain ones. Chunks that come in may be reused memory; chunks that go out are not. */
export type Decompress = (input: AsyncIterable<Uint8Array>, kind: Compression, limits?: Partial<LayerLimits>) => AsyncIterable<Uint8Array>

/**
 * gzip by the platform's `DecompressionStream`; zstd and bzip2 in JavaScript, xz in WebAssembly (loaded on first use). Browsers refuse gzip of several members (estargz); the
 * `decompress` of `/node` reads it and is faster.
 * @throws CompressionError, LayerLimitError
 */
export const decompress: Decompress = (input, kind, limits = {}) => {
  const all = { ...layerLimits, ...limits }
  if (kind === 'none') return input
  if (kind === 'gzip') return gunzip(input, all)
  if (kind === 'zstd') return unzstd(input, all)
  // Rare forms are loaded when one is met.
  if (kind === 'bzip2') return lazily(async () => (await import('./bzip2.js')).unbzip2(input, all))
  if (kind === 'xz') return lazily(async () => (await import('./xz.js')).unxz(input, all))
  throw new CompressionError('COMPRESSION_UNSUPPORTED', kind, `there is no decoder for ${kind}; recompress the archive with gzip or zstd`)
}

async function* lazily(load: () => Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Uint8Array> {
  yield* await load()
}

async function* gunzip(input: AsyncIterable<Uint8Array>, limits: LayerLimits): AsyncGenerator<Uint8Array> {
  const caps = inflateCaps(limits)
  const stream = new DecompressionStream('gzip')
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  let failure: unknown
  const feeding = (async () => {
    try {
      for await (const chunk of input) {
        caps.input(chunk)
        await writer.ready
        // A copy, because the stream holds on to the chunk after `write` has taken it (`slice` of a Node Buffer would share the memory).
        await writer.write(new Uint8Array(chunk))
      }
      await writer.close()
    } catch (error) {
      failure ??= error
      await writer.abort(error).catch(() => {})
    }
  })()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      caps.output(value)
      yield value
    }
  } catch (error) {
    throw asCompressionError('gzip', error)
  } finally {
    await reader.cancel().catch(() => {})
    await feeding
  }
  if (failure) throw asCompressionError('gzip', failure)
}

/** Decoders report damage in many ways; limits and errors of the source keep their own. */
export function asCompressionError(kind: string, error: unknown): unknown {
  if (error instanceof LayerLimitError || error instanceof CompressionError) return error
  const own = (error as { code?: unknown } | null)?.code
  const isDecoders =
    error instanceof TypeError ||
    (typeof own === 'string' && (own.startsWith('Z_') || own.startsWith('ZSTD_') || own === 'ERR_TRAILING_JUNK_AFTER_STREAM_END'))
  return isDecoders
    ? new CompressionError('COMPRESSION_INVALID', kind, 'the data is damaged or truncated; get it again', { cause: error })
    : error
}
