/** S24 (CVE-2024-23650): whatever bytes they are given, the decoders of layers give an answer or a typed error. */
import { gzipSync } from 'node:zlib'
import { decodeIndex, decompress, encodeIndex, importLayer, layerSnapshot, readTar, tarTree } from '@layerwright/layer'
import { decompress as nodeDecompress } from '@layerwright/layer/node'
import { memoryContent } from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { layerFrom, layerOf, pax, rawTar, tinyStore } from '../../packages/layer/test/support.js'
import { fuzz } from '../support/fuzz.js'
import { dir, file, hard, link } from './support.js'

const good = rawTar(pax({ path: 'long/name' }), file('a', 'x'.repeat(700)), dir('d'), hard('d/h', 'long/name'))
const layer = await layerOf(file('a'), link('b', 'a'), pax({ 'SCHILY.xattr.user.x': 'y' }), file('c'))
const index = encodeIndex(layer.index)
const packed = gzipSync(good)

describe('S24 layers', () => {
  fuzz(
    'any change of a byte gives a layer or a typed error',
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (changes, fix) => {
        const bytes = good.slice()
        for (const [at, value] of changes) bytes[at] = value
        if (fix) for (let at = 0; at + 512 <= bytes.length; at += 512) fixChecksum(bytes, at)
        try {
          layerSnapshot([await layerFrom(bytes)])
          tarTree(await readTar(memoryContent(bytes)))
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^(TAR|LAYER)_[A-Z_]+$/)
        }
      },
    ),
  )

  fuzz(
    'a damaged sidecar index is never more than an index error',
    fc.property(
      fc.array(fc.tuple(fc.nat(index.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(index.length),
      (changes, length) => {
        const damaged = index.slice()
        for (const [at, value] of changes) damaged[at] = value
        for (const given of [damaged, index.subarray(0, length)]) {
          try {
            const read = decodeIndex(given)
            for (let row = 0; row < read.columns.count; row++) read.row(row)
          } catch (error) {
            expect(error).toMatchObject({ code: 'INDEX_INVALID' })
          }
        }
      },
    ),
  )

  fuzz(
    'damaged compressed data is a typed error or whole, in both decoders',
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { maxLength: 3 }),
      fc.nat(packed.length),
      async (changes, length) => {
        const bytes = new Uint8Array(packed.subarray(0, length))
        for (const [at, value] of changes) if (at < length) bytes[at] = value
        for (const decoder of [decompress, nodeDecompress]) {
          try {
            await importLayer(tinyStore(), memoryContent(bytes), { decompress: decoder })
          } catch (error) {
            expect((error as { code?: string }).code).toMatch(/^(TAR|LAYER|COMPRESSION)_?[A-Z_]+$/)
          }
        }
      },
    ),
    // two decoders, and each input is a whole import
    { share: 0.5 },
  )
})

function fixChecksum(bytes: Uint8Array, at: number): void {
  let sum = 0
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : bytes[at + i]!
  if (bytes[at + 257] === 0x75) bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), at + 148)
}
