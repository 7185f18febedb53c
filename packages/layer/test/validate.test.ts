/** `validateLayer` finds everything that is wrong, at once, and nothing where nothing is. */
import { importLayer, type Layer, type LayerIndex, storeLayer, validateLayer } from '@layerwright/layer'
import { emptySnapshot, memoryContent, upperChanges } from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layerOf, rawTar, tinyStore } from './support.js'
import { randomTree } from './trees.js'

const members = [
  { name: 'a', data: 'one' },
  { name: 'b/', type: '5', mode: 0o700 },
  { name: 'b/c', data: 'x'.repeat(600) },
  { name: 'b/l', type: '2', link: '../a' },
] as const
const whole = () => importLayer(tinyStore(), memoryContent(rawTar(...members)))
const codes = async (layer: Layer) => (await validateLayer(layer)).map(({ code, path }) => (path === undefined ? code : `${code} ${path}`))
const indexWith = (index: LayerIndex, more: Partial<LayerIndex>): LayerIndex => ({
  diffId: index.diffId,
  size: index.size,
  entries: index.entries,
  columns: index.columns,
  row: (row) => index.row(row),
  find: (path) => index.find(path),
  ...more,
})

describe('validateLayer', () => {
  it('finds nothing wrong with what we write and what we import', async () => {
    expect(await validateLayer(await whole())).toEqual([])
    expect(await validateLayer(await layerOf(...members))).toEqual([])
    await fc.assert(
      fc.asyncProperty(randomTree, async (tree) => {
        expect(await validateLayer(await storeLayer(tinyStore(), upperChanges(emptySnapshot(), tree)))).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  it('finds a byte of a content that was changed: digest of the tar and of the file', async () => {
    const layer = await whole()
    const bytes = rawTar(...members)
    bytes[512] = 0x4f
    expect(await codes({ ...layer, blob: memoryContent(bytes) })).toEqual(['DIFF_ID_MISMATCH', 'INDEX_MISMATCH a'])
  })

  it('finds a header that was changed, and goes on behind it', async () => {
    const layer = await whole()
    const bytes = rawTar({ ...members[0], mode: 0o777 }, ...members.slice(1))
    expect(await codes({ ...layer, blob: memoryContent(bytes) })).toEqual(['DIFF_ID_MISMATCH', 'INDEX_MISMATCH a'])
  })

  it('finds a tar that is cut short, and says its real size', async () => {
    const layer = await whole()
    const faults = await validateLayer({ ...layer, blob: memoryContent(rawTar(...members).subarray(0, 1800)) })
    expect(faults.map(({ code }) => code)).toEqual(['TAR_TRUNCATED', 'DIFF_ID_MISMATCH', 'SIZE_MISMATCH'])
    expect(faults[2]?.message).toContain('1800')
  })

  it('finds every lie of an index', async () => {
    const layer = await whole()
    const lie = (more: Partial<LayerIndex>) => codes({ ...layer, index: indexWith(layer.index, more) })
    expect(await lie({ size: 7, entries: 9 })).toEqual(['SIZE_MISMATCH', 'INDEX_MISMATCH'])
    expect(await lie({ diffId: 'sha256:0000000000000000000000000000000000000000000000000000000000000000' })).toEqual(['DIFF_ID_MISMATCH'])
    const { index } = layer
    expect(
      await lie({
        row: (row) =>
          row === 0
            ? { ...index.row(0), size: 4, digest: index.row(2).digest }
            : row === 3
              ? { ...index.row(3), target: 'x' }
              : index.row(row),
      }),
    ).toEqual(['INDEX_MISMATCH a', 'INDEX_MISMATCH b/l'])
    expect(await lie({ columns: { ...index.columns, count: 3 } })).toEqual(['INDEX_MISMATCH b/l'])
  })

  it('finds a layer that is a tar and cannot be applied', async () => {
    const faults = await validateLayer(await layerOf({ name: 'a' }, { name: 'a/b' }, { name: 'c', type: '1', link: 'none' }))
    expect(faults.map(({ code, path }) => `${code} ${path}`)).toEqual(['LAYER_PARENT_NOT_DIRECTORY a/b'])
  })

  it('hands on what the source of the bytes says', async () => {
    const layer = await whole()
    const broken = {
      size: layer.blob.size,
      // biome-ignore lint/correctness/useYield: it fails before it has anything to give
      async *stream(): AsyncGenerator<Uint8Array> {
        throw Object.assign(new Error('gone'), { code: 'BLOB_MISSING' })
      },
    }
    expect(await codes({ ...layer, blob: broken })).toEqual(['BLOB_MISSING'])
  })
})
