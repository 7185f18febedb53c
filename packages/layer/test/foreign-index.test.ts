/** An index that comes without its tar: taken by the rules of its tar, or refused by one error. */
import {
  encodeIndex,
  IndexFormatError,
  type LayerColumns,
  layerSnapshot,
  readForeignIndex,
  sameIndex,
  storeLayer,
} from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { dirInode, fileInode, symlinkInode, textContent } from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../test/support/fuzz.js'

const file = (text: string) => fileInode(textContent(text))
const linked = file('linked')
const layer = () =>
  storeLayer(memoryStore(), [
    { path: 'dir', inode: dirInode(new Map([['a', file('aaaa')]])) },
    { path: 'dir/a', inode: file('aaaa') },
    { path: 'dir/b', inode: symlinkInode('../x') },
    { path: 'gone', inode: null },
    { path: 'one', inode: linked },
    { path: 'two', inode: linked },
  ])

/** The index with other columns. */
async function changed(change: (columns: LayerColumns) => Partial<LayerColumns>) {
  const { index, diffId } = await layer()
  return { diffId, bytes: encodeIndex({ ...index, columns: { ...index.columns, ...change(index.columns) } }) }
}
const renamed = (name: string) => changed(({ paths }) => ({ paths: paths.map((path) => (path === 'dir/a' ? name : path)) }))

describe('an index without its tar', () => {
  it('is taken as it was made', async () => {
    const { index, diffId } = await layer()
    const read = readForeignIndex(encodeIndex(index), diffId)
    expect(sameIndex(read, index)).toBe(true)
    expect(read.columns.paths).toEqual(index.columns.paths)
  })
  it.each(['../a', 'dir/../../a', '/a', 'dir//a', 'dir/./a', '', '.wh.a', 'dir/.wh..wh..opq', `dir/${'a'.repeat(300)}`])(
    'is refused with the path %s (S2, S14, S15)',
    async (name) => {
      const { bytes, diffId } = await renamed(name)
      expect(() => readForeignIndex(bytes, diffId)).toThrow(IndexFormatError)
    },
  )
  it.each(['', '../one', '/one', '.wh.one'])('is refused with a hard link to %s (S7)', async (target) => {
    const { bytes, diffId } = await changed(({ targets }) => ({
      targets: new Map([...targets].map(([row, old]) => [row, old === 'one' ? target : old])),
    }))
    expect(() => readForeignIndex(bytes, diffId)).toThrow(IndexFormatError)
  })
  it('is refused where it is of another layer, or goes beyond a limit', async () => {
    const { index, diffId } = await layer()
    const other = await storeLayer(memoryStore(), [{ path: 'other', inode: file('') }])
    expect(() => readForeignIndex(encodeIndex(index), other.diffId)).toThrow(IndexFormatError)
    expect(() => readForeignIndex(encodeIndex(index), diffId, { entries: 2 })).toThrow(IndexFormatError)
    expect(() => readForeignIndex(encodeIndex(index), diffId, { entryBytes: 2 })).toThrow(IndexFormatError)
  })
  it('is not that of a tar with another file, another digest or another name', async () => {
    const { index } = await layer()
    for (const change of [
      (columns: LayerColumns) => ({ digests: columns.digests.map((byte) => byte ^ 1) }),
      (columns: LayerColumns) => ({ modes: columns.modes.map((mode) => mode ^ 1) }),
      (columns: LayerColumns) => ({ paths: columns.paths.map((path) => (path === 'gone' ? 'lost' : path)) }),
    ])
      expect(sameIndex({ ...index, columns: { ...index.columns, ...change(index.columns) } }, index)).toBe(false)
  })
})

// S24: whatever the bytes are, there is an index that a tree can be made of, or one kind of error.
fuzz(
  'bytes of an index from elsewhere are taken or refused',
  fc.asyncProperty(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat(3000), async (changes, cut) => {
    const { index, diffId } = await layer()
    const bytes = encodeIndex(index).slice(0, cut < 20 ? cut : undefined)
    for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value
    try {
      layerSnapshot([
        { diffId, blob: { digest: diffId, size: index.size, stream: async function* () {} }, index: readForeignIndex(bytes, diffId) },
      ])
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/^(?:INDEX_INVALID|LAYER_[A-Z_]+)$/)
    }
  }),
  { share: 0.2 },
)
