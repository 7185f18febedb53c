/** Compression as layers travel: written in parallel and the same each time, read in all the forms that registries hold. */
import { execFileSync } from 'node:child_process'
import { gunzipSync, gzipSync } from 'node:zlib'
import { sha256 } from '@layerwright/digest'
import { decompress, importLayer, indexLayer } from '@layerwright/layer'
import { compressGzip, compressZstd, importLayer as importNode, decompress as nodeDecompress } from '@layerwright/layer/node'
import { memoryContent } from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'
import { join, rawMember, rawTar, tinyStore } from './support.js'

const gzip = requireTool('gzip')
const zstd = requireTool('zstd')

/** Bytes that compress somewhat, and refer back across the borders of pieces. */
function sample(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = 1
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[i] = i % 70_000 < 40_000 ? (state >>> 16) & 0x3f : bytes[i - 30_000]!
  }
  return bytes
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  // One buffer for all of them, as sources may do.
  const buffer = new Uint8Array(size)
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size)
    buffer.set(part)
    yield buffer.subarray(0, part.length)
  }
}

async function gather(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part.slice())
  return join(...parts)
}

const plain = sample(5_300_000)

describe('gzip', () => {
  it('is the same bytes however the input comes, and what it was for every reader', async () => {
    const packed = await gather(compressGzip(inChunks(plain, 65_536)))
    for (const size of [777, 1 << 20, plain.length]) expect(sha256(await gather(compressGzip(inChunks(plain, size))))).toBe(sha256(packed))
    expect(sha256(gunzipSync(packed))).toBe(sha256(plain))
    for (const decoder of [decompress, nodeDecompress])
      expect(sha256(await gather(decoder(inChunks(packed, 5000), 'gzip')))).toBe(sha256(plain))
    if (gzip) expect(sha256(execFileSync(gzip, ['-dc'], { input: packed, maxBuffer: 1 << 27 }))).toBe(sha256(plain))
    // Pieces know what is before them: hardly larger than one stream.
    expect(packed.length).toBeLessThan(gzipSync(plain, { level: 6 }).length * 1.002)
  })
  it('of anything, at every level, comes back', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 700 }),
        async (bytes, level, size) => {
          const packed = await gather(compressGzip(inChunks(bytes, size), level))
          expect(Buffer.compare(gunzipSync(packed), bytes)).toBe(0)
        },
      ),
      { numRuns: 60 },
    ))
  it('borders at whole pieces', async () => {
    for (const size of [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20]) {
      const bytes = plain.subarray(0, size)
      expect(sha256(gunzipSync(await gather(compressGzip(inChunks(bytes, 300_000)))))).toBe(sha256(bytes))
    }
  })
  it('ends when its input fails, and when nobody reads on', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield plain
      throw new RangeError('the source is gone')
    }
    await expect(gather(compressGzip(failing()))).rejects.toThrow('the source is gone')
    for await (const part of compressGzip(inChunks(plain, 1 << 20))) {
      expect(part.length).toBe(10)
      break
    }
  })
})

describe('zstd', () => {
  it('is the same bytes however the input comes, and what it was for every reader', async () => {
    const packed = await gather(compressZstd(inChunks(plain, 65_536)))
    expect(sha256(await gather(compressZstd(inChunks(plain, 777))))).toBe(sha256(packed))
    expect(packed.length).toBeLessThan(plain.length * 0.7)
    for (const decoder of [decompress, nodeDecompress])
      expect(sha256(await gather(decoder(inChunks(packed, 5000), 'zstd')))).toBe(sha256(plain))
    if (zstd) expect(sha256(execFileSync(zstd, ['-dc'], { input: packed, maxBuffer: 1 << 27 }))).toBe(sha256(plain))
    const empty = await gather(compressZstd(inChunks(new Uint8Array(0), 1)))
    expect(await gather(decompress(inChunks(empty, 3), 'zstd'))).toHaveLength(0)
  })
  it('a layer in it has the diffID that it has without', async () => {
    const tar = rawTar({ name: 'a', data: plain.subarray(0, 100_000) }, { name: 'b', data: 'y' })
    const { diffId } = await indexLayer(memoryContent(tar))
    const packed = memoryContent(await gather(compressZstd(inChunks(tar, 1000))))
    for (const take of [importLayer, importNode])
      expect((await take(tinyStore(), packed, { diffId, mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' })).diffId).toBe(diffId)
  })
})

describe('layers that can be read in parts are read as the plain streams that they are', () => {
  const members = [
    { name: 'a', data: plain.subarray(0, 70_000) },
    { name: 'b', data: 'second' },
    { name: 'stargz.index.json', data: '{"version":1,"entries":[]}' },
  ]

  it('estargz: a gzip member for each file, and a footer in an extra field', async () => {
    const parts = members.map((member) => gzipSync(rawMember(member)))
    const end = gzipSync(new Uint8Array(1024))
    // An empty member whose extra field (id "SG") says where the table of contents is.
    const extra = Buffer.from(`SG\x16\x00${'0'.repeat(16)}STARGZ`, 'latin1')
    const footer = Buffer.concat([
      Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, extra.length, 0]),
      extra,
      Buffer.from([1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]),
    ])
    const layer = await importNode(tinyStore(), memoryContent(join(...parts, end, footer)))
    expect(layer.index.find('a')?.size).toBe(70_000)
    expect(layer.diffId).toBe((await indexLayer(memoryContent(rawTar(...members)))).diffId)
  })

  it.skipIf(!zstd)('zstd:chunked: a frame for each file, and a table of contents and a footer in skippable frames', async () => {
    const skippable = (bytes: Uint8Array) => {
      const head = Buffer.alloc(8)
      head.writeUInt32LE(0x184d2a50, 0)
      head.writeUInt32LE(bytes.length, 4)
      return Buffer.concat([head, bytes])
    }
    const pack = (bytes: Uint8Array) => execFileSync(zstd!, ['-qc'], { input: bytes })
    const parts = members.slice(0, 2).map((member) => pack(rawMember(member)))
    const blob = join(
      ...parts,
      pack(new Uint8Array(1024)),
      skippable(pack(Buffer.from('{"version":1}'))),
      skippable(Buffer.alloc(64, 'GNUlInUx')),
    )
    const { diffId } = await indexLayer(memoryContent(rawTar(...members.slice(0, 2))))
    for (const take of [importLayer, importNode]) expect((await take(tinyStore(), memoryContent(blob))).diffId).toBe(diffId)
    // One that begins with a skippable frame is known as zstd by it.
    expect(
      (await importNode(tinyStore(), memoryContent(join(skippable(Buffer.from('x')), ...parts, pack(new Uint8Array(1024)))))).diffId,
    ).toBe(diffId)
  })
})
