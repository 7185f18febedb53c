/** S15 (CVE-2023-25153): what an archive may cost is capped, after decompression, entry by entry, while it streams. */
import { gzipSync } from 'node:zlib'
import { importLayer, indexLayer, layerLimits, readTar } from '@layerwright/layer'
import { importLayer as importNode } from '@layerwright/layer/node'
import { type Content, memoryContent } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { codeOf as containerCode, fixture } from '../../packages/container/test/fixture.js'
import { pax, rawTar, tinyStore } from '../../packages/layer/test/support.js'
import { archive, file, guarded } from './support.js'

const bytes = rawTar(file('a/b/c', 'x'.repeat(600)), file('b', ''))
const streamed = (content: Content): Content => ({ size: content.size, stream: (start, end) => content.stream(start, end) })

it.each([
  ['entries', 1],
  ['entryBytes', 599],
  ['totalBytes', 1000],
  ['pathBytes', 4],
  ['nameBytes', 0],
  ['depth', 2],
] as const)('S15 the limit %s', (limit, value) =>
  guarded(async () => {
    for (const content of [memoryContent(bytes), streamed(memoryContent(bytes))]) {
      const limits = { [limit]: value }
      await expect(indexLayer(content, { limits })).rejects.toMatchObject({ code: 'LAYER_LIMIT', limit, allowed: value })
      const store = tinyStore()
      await expect(importLayer(store, content, { limits })).rejects.toMatchObject({ code: 'LAYER_LIMIT', limit })
      expect([store.blobs.size, store.records.size]).toEqual([0, 0])
    }
    // Depth, names and whole paths are rules of trees; an archive's names are looked at when a tree is made of it.
    if (['entries', 'entryBytes', 'totalBytes'].includes(limit))
      await expect(readTar(memoryContent(bytes), { [limit]: value })).rejects.toMatchObject({ code: 'LAYER_LIMIT', limit })
  }),
)

it('S15 bytes of extended headers and long names, before they are held in memory', () =>
  guarded(async () => {
    const long = rawTar(pax({ comment: 'x'.repeat(500) }), file('a'))
    await expect(indexLayer(memoryContent(long), { limits: { paxBytes: 400 } })).rejects.toMatchObject({ limit: 'paxBytes' })
    const gnu = rawTar({ name: '././@LongLink', type: 'L', data: 'n'.repeat(600) }, file('a'))
    await expect(indexLayer(memoryContent(gnu), { limits: { paxBytes: 400 } })).rejects.toMatchObject({ limit: 'paxBytes' })
    // One that says it has a gigabyte is refused by its header alone.
    const claims = { name: 'PaxHeaders/x', type: 'x', patch: [[124, '10000000000\0']] as const }
    await expect(indexLayer(memoryContent(rawTar(claims)))).rejects.toMatchObject({ limit: 'paxBytes' })
  }))

it('S15 runs of a sparse file, and a file that is all hole', () =>
  guarded(async () => {
    const map = Array.from({ length: 50 }, (_, i) => `${i * 1000},1`).join(',')
    const sparse = rawTar(
      pax({ 'GNU.sparse.map': map, 'GNU.sparse.size': '60000', 'GNU.sparse.name': 's', 'GNU.sparse.numblocks': '50' }),
      file('s', 'x'.repeat(50)),
    )
    await expect(indexLayer(memoryContent(sparse), { limits: { sparseRuns: 20 } })).rejects.toMatchObject({ limit: 'sparseRuns' })
    const hole = rawTar(
      pax({ 'GNU.sparse.map': '0,0', 'GNU.sparse.size': String(2 ** 45), 'GNU.sparse.name': 's', 'GNU.sparse.numblocks': '1' }),
      file('s', ''),
    )
    await expect(indexLayer(memoryContent(hole))).rejects.toMatchObject({ limit: 'entryBytes' })
  }))

it.each([
  ['portable', importLayer],
  ['node', importNode],
] as const)('S15 a bomb is given up while it unpacks (%s)', (_, take) =>
  guarded(async () => {
    const zeros = gzipSync(new Uint8Array(64 << 20))
    let read = 0
    const slow: Content = {
      size: zeros.length,
      async *stream(start = 0, end = zeros.length) {
        for (let at = start; at < end; at += 256) {
          read += Math.min(256, end - at)
          yield zeros.subarray(at, Math.min(at + 256, end))
        }
      },
    }
    const store = tinyStore()
    await expect(take(store, slow, { limits: { totalBytes: 1 << 20 } })).rejects.toMatchObject({ code: 'LAYER_LIMIT', limit: 'totalBytes' })
    // What had gone in was a small part of it.
    expect(read).toBeLessThan(zeros.length / 2)
    await expect(take(store, slow, { limits: { ratio: 10, ratioFrom: 1 << 20 } })).rejects.toMatchObject({ limit: 'ratio' })
    expect([store.blobs.size, store.records.size]).toEqual([0, 0])
  }),
)

it('S15 an archive that is copied into a container', () =>
  guarded(async () => {
    const { engine } = await fixture({ limits: { archiveEntries: 2, archiveBytes: 10 } })
    const box = await engine.containers.create({ image: 'app' })
    expect(await containerCode(box.copyArchiveIn(archive(file('a'), file('b'), file('c')), '/srv'))).toBe('LIMIT_EXCEEDED')
    expect(await containerCode(box.copyArchiveIn(archive(file('a', 'x'.repeat(11))), '/srv'))).toBe('LIMIT_EXCEEDED')
    expect(await box.diff()).toEqual([])
    expect(await containerCode(engine.images.import(archive(file('a'), file('b'), file('c'))))).toBe('LAYER_LIMIT')
  }))

it('S15 every limit has a default, and none is endless', () => {
  for (const [name, value] of Object.entries(layerLimits)) expect(Number.isSafeInteger(value) && value > 0, name).toBe(true)
})
