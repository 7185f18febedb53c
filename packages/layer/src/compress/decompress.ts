import { CompressionError, LayerLimitError } from '../errors.js'
import { type LayerLimits, layerLimits } from '../limits.js'
import type { Compression } from './detect.js'
import { gunzip } from './gunzip.js'
import { unzstd } from './zstd.js'

/** Turns compressed bytes into plain ones. Chunks that come in may be reused memory; chunks that go out are not. */
export type Decompress = (input: AsyncIterable<Uint8Array>, kind: Compression, limits?: Partial<LayerLimits>) => AsyncIterable<Uint8Array>

/**
 * gzip (of any number of members), zstd and bzip2 in JavaScript, xz in WebAssembly, each loaded on first use. The `decompress` of `/node` is faster.
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
