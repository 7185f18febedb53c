/** Damaged tars, and what a store keeps of them. What hostile layers may not do is in test/security, by the ids of the requirements. */
import { sha256 } from '@layerwright/digest'
import { decodeIndex, encodeIndex, importLayer, indexLayer, layerSnapshot, openLayer, storeLayer, writeLayer } from '@layerwright/layer'
import { dirInode, fileInode, lookup, memoryContent, readAll, textContent } from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'
import { join, layerFrom, layerOf, listing, pax, type RawMember, rawMember, rawTar, tinyStore } from './support.js'

const dir = (name: string): RawMember => ({ name: `${name}/`, type: '5', mode: 0o755 })
const file = (name: string, data = name): RawMember => ({ name, data })
const hard = (name: string, target: string): RawMember => ({ name, type: '1', link: target })

describe('names are bytes', () => {
  it('a name that is no UTF-8 keeps its bytes', async () => {
    const layer = await layerOf({ name: Uint8Array.of(0x61, 0xff, 0xfe) })
    const tree = layerSnapshot([layer])
    expect(listing(tree).map((one) => one.path)).toEqual(['a\udcff\udcfe'])
    const parts: Uint8Array[] = []
    await writeLayer(
      [...tree.entries].map(([path, inode]) => ({ path, inode })),
      (part) => parts.push(part.slice()),
    )
    expect([...join(...parts).subarray(0, 4)]).toEqual([0x61, 0xff, 0xfe, 0])
  })
  it('missing parents are made', async () => {
    expect(lookup(layerSnapshot([await layerOf(file('a/b/c'))]), '/a/b')).toMatchObject({ mode: 0o755, uid: 0 })
  })
})

describe('damaged tars', () => {
  const good = rawTar(pax({ path: 'long/name' }), file('a', 'x'.repeat(700)), dir('d'), hard('d/h', 'long/name'))
  it('a tar that ends anywhere but between members is truncated', async () => {
    for (let length = 1; length < good.length - 1024; length += 37) {
      const cut = good.subarray(0, length)
      // Behind the data of `a`, whose padding may be missing; behind `d`; behind `d/h`.
      const between = (length >= 2236 && length <= 2560) || length === 3072 || length === 3584
      for (const blob of [memoryContent(cut), memoryContent(cut).stream()]) {
        if (!between) await expect(indexLayer(blob), `cut at ${length}`).rejects.toMatchObject({ code: 'TAR_TRUNCATED' })
      }
    }
  })
  it('text, a wrong checksum, something behind one block of zeros, an unknown type', async () => {
    await expect(layerFrom(new TextEncoder().encode('x'.repeat(1024)))).rejects.toMatchObject({ code: 'TAR_HEADER_INVALID' })
    const flipped = rawTar(file('a'))
    flipped[3] = 1
    await expect(layerFrom(flipped)).rejects.toMatchObject({ code: 'TAR_HEADER_INVALID' })
    await expect(layerFrom(join(new Uint8Array(512), rawTar(file('a'))))).rejects.toMatchObject({ code: 'TAR_HEADER_INVALID' })
    await expect(layerOf({ name: 'a', type: 'Q' })).rejects.toMatchObject({ code: 'TAR_TYPE_UNSUPPORTED' })
    await expect(layerOf(pax({ uid: 'x' }), file('a'))).rejects.toMatchObject({ code: 'TAR_PAX_INVALID' })
    await expect(layerOf(pax({ path: 'a\0b' }), file('a'))).rejects.toMatchObject({ code: 'TAR_PAX_INVALID' })
    await expect(layerOf({ name: 'x', type: 'x', data: '99 path=a\n' }, file('a'))).rejects.toMatchObject({ code: 'TAR_PAX_INVALID' })
  })
  it('a tar without its end, or with something behind it, is read', async () => {
    expect((await layerFrom(rawMember(file('a')))).index.entries).toBe(1)
    expect((await layerFrom(join(rawTar(file('a')), rawTar(file('b'))))).index.entries).toBe(1)
    expect((await layerFrom(new Uint8Array(0))).index.entries).toBe(0)
  })
})

describe('layers in a store', () => {
  it('open again without their sidecar, or with a broken one', async () => {
    const store = tinyStore()
    const layer = await storeLayer(store, [{ path: 'a', inode: fileInode(textContent('x')) }])
    const key = `layer-index ${layer.diffId}`
    for (const broken of [undefined, new Uint8Array(3), encodeIndex((await layerOf(file('z'))).index)]) {
      if (broken) store.records.set(key, broken)
      else store.records.delete(key)
      const opened = await openLayer(store, layer.diffId)
      expect(opened?.index.find('a')?.size).toBe(1)
      expect(decodeIndex(store.records.get(key)!).diffId).toBe(layer.diffId)
    }
    expect(await openLayer(store, 'sha256:0000000000000000000000000000000000000000000000000000000000000000')).toBeUndefined()
  })
  it('are not left half there when a file changes while it is read', async () => {
    const store = tinyStore()
    const real = textContent('four')
    for (const size of [3, 5]) {
      const lying = { size, stream: () => real.stream(), readInto: (target: Uint8Array, offset: number) => real.readInto!(target, offset) }
      await expect(storeLayer(store, [{ path: 'a', inode: fileInode(lying) }])).rejects.toMatchObject({ code: 'CONTENT_SIZE', path: 'a' })
      await expect(storeLayer(store, [{ path: 'a', inode: fileInode({ size, stream: () => real.stream() }) }])).rejects.toMatchObject({
        code: 'CONTENT_SIZE',
      })
    }
    expect([store.blobs.size, store.records.size]).toEqual([0, 0])
  })
  it('a wrong diffID and an unknown media type are refused, and nothing stays', async () => {
    const store = tinyStore()
    const content = memoryContent(rawTar(file('a')))
    const wrong = 'sha256:1111111111111111111111111111111111111111111111111111111111111111'
    await expect(importLayer(store, content, { diffId: wrong })).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH', expected: wrong })
    await expect(importLayer(store, content, { mediaType: 'application/x' })).rejects.toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' })
    await expect(importLayer(store, memoryContent(Uint8Array.from([0x42, 0x5a, 0x68, 0x39, 0, 0, 0])))).rejects.toMatchObject({
      code: expect.stringMatching(/^COMPRESSION_/),
    })
    await expect(importLayer(store, memoryContent(Uint8Array.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7])))).rejects.toMatchObject({
      code: 'COMPRESSION_INVALID',
    })
    expect([store.blobs.size, store.records.size]).toEqual([0, 0])
  })
  it('large and streamed contents are written in pieces, and hashed once', async () => {
    const store = tinyStore()
    const big = Uint8Array.from({ length: 3_500_001 }, (_, i) => i % 251)
    const streamed = { size: big.length, stream: () => memoryContent(big).stream() }
    const layer = await storeLayer(store, [
      { path: 'a', inode: fileInode(memoryContent(big)) },
      { path: 'b', inode: fileInode(streamed) },
      { path: 'c', inode: dirInode() },
    ])
    expect(layer.index.find('a')?.digest).toBe(layer.index.find('b')?.digest)
    const tree = layerSnapshot([layer])
    expect(sha256(await readAll((tree.entries.get('b') as { content: typeof streamed }).content))).toBe(sha256(big))
  })
})
