import * as zlib from 'node:zlib'
import { PeerMissingError } from '../index.js'
import { inPieces } from './pieces.js'

/** Bytes of input in one frame: large enough for the ratio, small enough to work on several at once. */
const FRAME = 4 * 1024 * 1024

/** The frame of nothing: no checksum, a size of 0, one last raw block without bytes (RFC 8878). The WebAssembly encoder cannot make it. */
const EMPTY = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00)

type Compressor = (bytes: Uint8Array) => Promise<Uint8Array>

/**
 * Compresses with zstd: frames of 4 MiB behind one another, which every decoder of the format reads as one stream. By node:zlib where it has zstd (22.15
 * and later), on as many threads as libuv has; before that by `@bokuweb/zstd-wasm`, on one. The same bytes for the same input, level and encoder.
 *
 * `level` 1 to 19, default 3.
 * @throws PeerMissingError on a Node without zstd where `@bokuweb/zstd-wasm` is not installed
 */
export async function* compressZstd(input: AsyncIterable<Uint8Array>, level = 3): AsyncGenerator<Uint8Array> {
  const compress = native(level) ?? (await webAssembly(level))
  let empty = true
  for await (const frame of inPieces(input, FRAME, compress)) {
    empty = false
    yield frame
  }
  if (empty) yield EMPTY
}

/** The types of the oldest Node that is supported do not know these. */
function native(level: number): Compressor | undefined {
  const compress: unknown = Reflect.get(zlib, 'zstdCompress')
  const parameter: unknown = Reflect.get(zlib.constants, 'ZSTD_c_compressionLevel')
  if (typeof compress !== 'function' || typeof parameter !== 'number') return undefined
  return (bytes) =>
    new Promise((resolve, reject) => {
      compress(bytes, { params: { [parameter]: level } }, (error: Error | null, result: Uint8Array) =>
        error ? reject(error) : resolve(result),
      )
    })
}

type Library = typeof import('@bokuweb/zstd-wasm')

/** Made once: a second `init` gives the encoder a new memory under its feet, and wrong bytes come out. */
let loaded: Promise<Library> | undefined

async function webAssembly(level: number): Promise<Compressor> {
  loaded ??= library()
  const { compress } = await loaded
  return async (bytes) => compress(bytes, level)
}

async function library(): Promise<Library> {
  let found: Library
  try {
    found = await import('@bokuweb/zstd-wasm')
  } catch (cause) {
    throw new PeerMissingError('@bokuweb/zstd-wasm', cause)
  }
  await found.init()
  return found
}
