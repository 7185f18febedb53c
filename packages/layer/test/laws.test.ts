import { sha256 } from '@layerwright/digest'
import {
  applyLayer,
  decodeIndex,
  encodeIndex,
  indexLayer,
  type Layer,
  layerSnapshot,
  readTar,
  storeLayer,
  tarTree,
  writeLayer,
} from '@layerwright/layer'
import { emptySnapshot, memoryContent, type Snapshot, upperChanges } from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { join, listing, rawTar, tinyStore } from './support.js'
import { randomTree, treeAndChange } from './trees.js'

async function layerOfChanges(lower: Snapshot, merged: Snapshot): Promise<{ layer: Layer; bytes: Uint8Array }> {
  const parts: Uint8Array[] = []
  const written = await writeLayer(upperChanges(lower, merged), (bytes) => parts.push(bytes.slice()))
  const bytes = join(...parts)
  expect(written.size).toBe(bytes.length)
  return { layer: { diffId: written.diffId, blob: memoryContent(bytes), index: written.index }, bytes }
}

const component = fc.constantFrom(
  'a',
  'b',
  'ab',
  'a-b',
  '.',
  '..',
  '',
  '.a',
  '..a',
  '.wh.a',
  '.wh.',
  '.wh..wh..opq',
  '.w',
  'é',
  'x'.repeat(45),
)
const oddMember = fc.record({
  name: fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
  type: fc.constantFrom('0', '0', '0', '5', '5', '2'),
  mode: fc.constantFrom(0o644, 0o755, 0o4755),
  data: fc.constantFrom('', '', 'x', 'y'.repeat(600)),
  patch: fc.constantFrom(
    [],
    [],
    [],
    [[108, '  1750 \0'] as const],
    [[345, 'prefix'] as const],
    [[136, '14231\0'] as const],
    [[124, '7'] as const],
  ),
})

/** The same without the memory that it lies in: it has to be read. */
function readOnly(bytes: Uint8Array) {
  const content = memoryContent(bytes)
  return {
    size: content.size,
    stream: (start?: number, end?: number) => content.stream(start, end),
    readInto: (target: Uint8Array, offset: number) => content.readInto!(target, offset),
  }
}

describe('laws of layers, on random trees', () => {
  it('unpacking what was packed gives the same tree', () =>
    fc.assert(
      fc.asyncProperty(randomTree, async (tree) => {
        const { layer } = await layerOfChanges(emptySnapshot(), tree)
        expect(listing(layerSnapshot([layer]))).toEqual(listing(tree))
      }),
      { numRuns: 150 },
    ))
  it('applying the difference of two trees to the first gives the second', () =>
    fc.assert(
      fc.asyncProperty(treeAndChange, async ([lower, merged]) => {
        const { layer } = await layerOfChanges(lower, merged)
        expect(listing(applyLayer(lower, layer))).toEqual(listing(merged))
      }),
      { numRuns: 150 },
    ))
  it('the index that is made while writing is the one that reading makes, and survives its encoding', () =>
    fc.assert(
      fc.asyncProperty(treeAndChange, async ([lower, merged]) => {
        const { layer, bytes } = await layerOfChanges(lower, merged)
        const rows = (index: Layer['index']) => Array.from({ length: index.columns.count }, (_, i) => index.row(i))
        const streamed = await indexLayer(chunks(bytes, 700), { digests: true })
        expect(streamed.diffId).toBe(layer.diffId)
        expect(rows(streamed)).toEqual(rows(layer.index))
        const scanned = await indexLayer(memoryContent(bytes), { diffId: layer.diffId })
        expect(rows(scanned)).toEqual(rows(layer.index).map((row) => ({ ...row, digest: undefined })))
        const decoded = decodeIndex(encodeIndex(layer.index))
        expect(rows(decoded)).toEqual(rows(layer.index))
        expect([decoded.diffId, decoded.size, decoded.entries]).toEqual([layer.diffId, layer.index.size, layer.index.entries])
        for (const row of rows(layer.index)) if (row.kind !== 'whiteout') expect(decoded.find(row.path)).toEqual(row)
      }),
      { numRuns: 100 },
    ))
  it('a scan of the headers finds what reading the stream finds, however names are written', () =>
    fc.assert(
      fc.asyncProperty(fc.array(oddMember, { maxLength: 12 }), async (members) => {
        const bytes = rawTar(...members)
        const outcome = (index: Promise<Layer['index']>) =>
          index.then(
            ({ columns, row }) => ({ order: columns.order, rows: Array.from({ length: columns.count }, (_, i) => row(i)) }),
            (error: { code: string; message: string }) => [error.code, error.message],
          )
        const diffId = sha256(bytes)
        const streamed = await outcome(indexLayer(chunks(bytes, 700), { diffId }))
        expect(await outcome(indexLayer(memoryContent(bytes), { diffId }))).toEqual(streamed)
        expect(await outcome(indexLayer(readOnly(bytes), { diffId }))).toEqual(streamed)
      }),
      { numRuns: 1000 },
    ))
  it('writing what was read gives the same bytes', () =>
    fc.assert(
      fc.asyncProperty(randomTree, async (tree) => {
        const first = await layerOfChanges(emptySnapshot(), tree)
        const again = await layerOfChanges(emptySnapshot(), layerSnapshot([first.layer]))
        expect(again.layer.diffId).toBe(first.layer.diffId)
        const archive = tarTree(await readTar(memoryContent(first.bytes)), { climbing: 'refuse' })
        expect(listing(archive)).toEqual(listing(tree))
      }),
      { numRuns: 100 },
    ))
  it('a layer that changes nothing gives the lower tree itself; an untouched subtree is the same object', () =>
    fc.assert(
      fc.asyncProperty(randomTree, async (tree) => {
        const store = tinyStore()
        const lower = layerSnapshot([await storeLayer(store, upperChanges(emptySnapshot(), tree))])
        expect(applyLayer(lower, await storeLayer(store, []))).toBe(lower)
        const added = applyLayer(lower, await storeLayer(store, [{ path: 'only-here', inode: lower }]))
        for (const [name, inode] of lower.entries) expect(added.entries.get(name)).toBe(inode)
      }),
      { numRuns: 30 },
    ))
})

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  // One buffer for all of them, as sources may do.
  const buffer = new Uint8Array(size)
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size)
    buffer.set(part)
    yield buffer.subarray(0, part.length)
  }
}
