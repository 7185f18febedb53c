/** Layers that nobody honest writes, by the ids of the security requirements. */
import { sha256 } from '@layerwright/digest'
import {
  applyLayer,
  decodeIndex,
  encodeIndex,
  importLayer,
  indexLayer,
  layerSnapshot,
  openLayer,
  readTar,
  storeLayer,
  tarTree,
  writeLayer,
} from '@layerwright/layer'
import { dirInode, type emptySnapshot, fileInode, lookup, memoryContent, readAll, textContent } from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { join, layerFrom, layerOf, listing, pax, type RawMember, rawMember, rawTar, tinyStore } from './support.js'

const dir = (name: string): RawMember => ({ name: `${name}/`, type: '5', mode: 0o755 })
const file = (name: string, data = name): RawMember => ({ name, data })
const link = (name: string, target: string): RawMember => ({ name, type: '2', link: target, mode: 0o777 })
const hard = (name: string, target: string): RawMember => ({ name, type: '1', link: target })
const paths = (tree: Parameters<typeof listing>[0]) => listing(tree).map((one) => one.path)
const text = async (tree: Parameters<typeof lookup>[0], path: string) => {
  const found = lookup(tree, path)
  return found?.type === 'file' ? new TextDecoder().decode(await readAll(found.content)) : undefined
}

describe('S1: the root is a directory', () => {
  it.each(['2', '0', '1', '3', '6'])('and nothing else (type %s)', async (type) => {
    for (const name of ['.', './', '/', 'a/..']) {
      const made = layerOf({ name, type, link: 'x' })
      // A file whose name ends in a slash is a directory in old tars.
      if (type === '0' && name.endsWith('/')) await made
      else await expect(made).rejects.toMatchObject({ code: 'LAYER_ROOT_TYPE' })
    }
  })
  it('whose attributes a layer may set', async () => {
    const tree = layerSnapshot([await layerOf({ name: './', type: '5', mode: 0o700 }, file('a'))])
    expect([tree.mode, paths(tree)]).toEqual([0o700, ['a']])
  })
})

describe('S2, S3, S11: names are resolved in the tree', () => {
  it.each(['../x', '/../x', 'a/../../x', './../x'])('a name that climbs out is refused: %s', async (name) => {
    await expect(layerOf(file(name))).rejects.toMatchObject({ code: 'LAYER_PATH_CLIMBS', path: name })
  })
  it('absolute names and dots lie inside', async () => {
    expect(paths(layerSnapshot([await layerOf(file('/abs'), file('./dot'), file('a//b/./c'), file('x/../y'))]))).toEqual([
      'a',
      'a/b',
      'a/b/c',
      'abs',
      'dot',
      'y',
    ])
  })
  it('a link of the layer is followed inside the root, however far it climbs', async () => {
    const tree = layerSnapshot([
      await layerOf(link('up', '../../../../etc'), file('up/passwd', 'mine'), link('abs', '/etc'), file('abs/group', 'too')),
    ])
    expect(paths(tree)).toEqual(['abs', 'etc', 'etc/group', 'etc/passwd', 'up'])
    expect(lookup(tree, '/up', { follow: false })).toMatchObject({ target: '../../../../etc' })
  })
  it('a name over a link of a lower layer takes its place, as in an overlay mount', async () => {
    const lower = layerSnapshot([await layerOf(dir('usr'), dir('usr/lib'), file('usr/lib/old'), link('lib', 'usr/lib'))])
    const tree = applyLayer(lower, await layerOf(file('lib/new')))
    expect(paths(tree)).toEqual(['lib', 'lib/new', 'usr', 'usr/lib', 'usr/lib/old'])
  })
  it('links that lead nowhere end in an error, not in a loop', async () => {
    const layer = await layerOf(link('a', 'b'), link('b', 'a'), file('a/x'))
    expect(() => layerSnapshot([layer])).toThrow(expect.objectContaining({ code: 'LAYER_SYMLINK_LOOP' }))
  })
  it('a file on the way is an error', async () => {
    const layer = await layerOf(file('a'), file('a/b'))
    expect(() => layerSnapshot([layer])).toThrow(expect.objectContaining({ code: 'LAYER_PARENT_NOT_DIRECTORY', path: 'a/b' }))
  })
  it('missing parents are made', async () => {
    expect(lookup(layerSnapshot([await layerOf(file('a/b/c'))]), '/a/b')).toMatchObject({ mode: 0o755, uid: 0 })
  })
})

describe('S4: what is written', () => {
  it.each(['/abs', '../x', 'a/../b', '.', '..', '', 'a//b', 'a/', 'a\0b'])('is never %j', async (path) => {
    await expect(writeLayer([{ path, inode: fileInode(textContent('')) }], () => {})).rejects.toMatchObject({ code: 'LAYER_PATH_INVALID' })
  })
  it.each(['.wh.a', 'd/.wh..wh..opq', '.wh.d/x'])('is never a name that means a whiteout: %s', async (path) => {
    await expect(writeLayer([{ path, inode: fileInode(textContent('')) }], () => {})).rejects.toMatchObject({ code: 'LAYER_NAME_RESERVED' })
  })
})

describe('S6: replacing', () => {
  it('a hard link breaks the link first', async () => {
    const tree = layerSnapshot([await layerOf(file('a', 'first'), hard('b', 'a'), file('b', 'second'))])
    expect([await text(tree, '/a'), await text(tree, '/b')]).toEqual(['first', 'second'])
  })
  it('a directory by a link, and the link is then what the name means', async () => {
    const tree = layerSnapshot([await layerOf(dir('d'), file('d/x'), dir('other'), link('d', 'other'), file('d/y'))])
    expect(paths(tree)).toEqual(['d', 'other', 'other/y'])
  })
  it('the later of two members with one name stays', async () => {
    expect(await text(layerSnapshot([await layerOf(file('a', '1'), file('b'), file('a', '2'))]), '/a')).toBe('2')
  })
})

describe('S7: hard links', () => {
  it('share the inode with an entry of the layer or of a lower one', async () => {
    const lower = layerSnapshot([await layerOf(file('low'))])
    const tree = applyLayer(lower, await layerOf(file('a'), hard('b', './a'), hard('c', '/low')))
    expect(tree.entries.get('a')).toBe(tree.entries.get('b'))
    expect(tree.entries.get('c')).toBe(tree.entries.get('low'))
  })
  it.each(['none', 'd', 'a/b/c'])('to something else are refused: %s', async (target) => {
    const layer = await layerOf(dir('d'), hard('x', target))
    expect(() => layerSnapshot([layer])).toThrow(expect.objectContaining({ code: 'LAYER_LINK_TARGET', path: 'x' }))
  })
  it('that climb or name the root are refused', async () => {
    await expect(layerOf(hard('x', '../../etc/passwd'))).rejects.toMatchObject({ code: 'LAYER_PATH_CLIMBS' })
    await expect(layerOf(hard('x', '/'))).rejects.toMatchObject({ code: 'LAYER_LINK_TARGET' })
  })
  it('to a symlink are the symlink, not what it points to', async () => {
    const tree = layerSnapshot([await layerOf(file('a'), link('s', 'a'), hard('h', 's'))])
    expect(tree.entries.get('h')).toBe(tree.entries.get('s'))
  })
})

describe('S13, S14: whiteouts', () => {
  const lower = async () =>
    layerSnapshot([await layerOf(dir('d'), file('d/a'), file('d/b'), dir('e'), file('e/a'), link('l', 'd'), file('f'))])
  it.each([
    ['before', [file('.wh.d'), dir('d'), file('d/new')]],
    ['after', [dir('d'), file('d/new'), file('.wh.d')]],
  ])('hide the lower only, wherever they stand: %s the entry', async (_, members) => {
    expect(paths(applyLayer(await lower(), await layerOf(...members)))).toEqual(['d', 'd/new', 'e', 'e/a', 'f', 'l'])
  })
  it.each([
    ['first', [file('d/.wh..wh..opq'), file('d/new')]],
    ['last', [file('d/new'), file('d/.wh..wh..opq')]],
  ])('an opaque marker hides everything below, %s or not', async (_, members) => {
    expect(paths(applyLayer(await lower(), await layerOf(...members)))).toEqual(['d', 'd/new', 'e', 'e/a', 'f', 'l'])
  })
  it('never act through a link', async () => {
    const before = await lower()
    const tree = applyLayer(before, await layerOf(file('l/.wh..wh..opq'), file('l/.wh.a')))
    expect(listing(tree)).toEqual(listing(before))
  })
  it('make no directory of their own', async () => {
    expect(paths(applyLayer(await lower(), await layerOf(file('none/.wh.a'), file('none/x/.wh..wh..opq'))))).toEqual(paths(await lower()))
  })
  it('of a file below which the layer has nothing', async () => {
    expect(paths(applyLayer(await lower(), await layerOf(file('d/.wh.a'), file('.wh.f'))))).toEqual(['d', 'd/b', 'e', 'e/a', 'l'])
  })
  it.each(['.wh.', 'd/.wh.', '.wh..', '.wh...', '.wh..wh.x', '.wh..wh.', '.wh.a/b'])('of nothing are refused: %s', async (name) => {
    await expect(layerOf(file(name))).rejects.toMatchObject({ code: 'LAYER_WHITEOUT_INVALID' })
  })
  it("aufs' own files are passed over", async () => {
    expect(paths(layerSnapshot([await layerOf(file('.wh..wh.aufs'), dir('.wh..wh.plnk'), file('.wh..wh.plnk/1.2'), file('a'))]))).toEqual([
      'a',
    ])
  })
})

describe('S9, S39: odd names are plain bytes', () => {
  it.each(['C:x', 'C:..', 'a\\b', '\\\\host\\x', '__proto__', 'constructor', ' ', '-rf', 'a\nb', '…'])('%j', async (name) => {
    expect(paths(layerSnapshot([await layerOf(file(name))]))).toEqual([name])
  })
  it('a name that is no UTF-8 keeps its bytes', async () => {
    const layer = await layerOf({ name: Uint8Array.of(0x61, 0xff, 0xfe) })
    expect(paths(layerSnapshot([layer]))).toEqual(['a\udcff\udcfe'])
    const { bytes } = await written(layerSnapshot([layer]))
    expect([...bytes.subarray(0, 4)]).toEqual([0x61, 0xff, 0xfe, 0])
  })
})

async function written(tree: ReturnType<typeof emptySnapshot>) {
  const parts: Uint8Array[] = []
  await writeLayer(
    [...tree.entries].map(([path, inode]) => ({ path, inode })),
    (part) => parts.push(part.slice()),
  )
  return { bytes: join(...parts) }
}

describe('S15: limits', () => {
  const bytes = rawTar(file('a/b/c', 'x'.repeat(600)), file('b'))
  it.each([
    ['entries', 1],
    ['entryBytes', 599],
    ['totalBytes', 1000],
    ['pathBytes', 4],
    ['nameBytes', 0],
    ['depth', 2],
  ])('%s', async (limit, value) => {
    for (const blob of [memoryContent(bytes), memoryContent(bytes).stream()]) {
      await expect(indexLayer(blob, { limits: { [limit]: value } })).rejects.toMatchObject({ code: 'LAYER_LIMIT', limit })
    }
  })
  it('bytes of extended headers, and runs of sparse files', async () => {
    await expect(
      indexLayer(memoryContent(rawTar(pax({ comment: 'x'.repeat(500) }), file('a'))), { limits: { paxBytes: 400 } }),
    ).rejects.toMatchObject({ limit: 'paxBytes' })
  })
  it('what compressed data unpacks to, while it unpacks', async () => {
    const zeros = new Blob([new Uint8Array(8 << 20)]).stream().pipeThrough(new CompressionStream('gzip'))
    const content = memoryContent(new Uint8Array(await new Response(zeros).arrayBuffer()))
    const store = tinyStore()
    await expect(importLayer(store, content, { limits: { totalBytes: 1 << 20 } })).rejects.toMatchObject({
      code: 'LAYER_LIMIT',
      limit: 'totalBytes',
    })
    await expect(importLayer(store, content, { limits: { ratio: 10, ratioFrom: 1 << 20 } })).rejects.toMatchObject({ limit: 'ratio' })
    expect([store.blobs.size, store.records.size]).toEqual([0, 0])
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
  it('S24: any change of a byte gives a layer or a typed error', () =>
    fc.assert(
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
      { numRuns: 400 },
    ))
  it('S24: a damaged sidecar index is never more than an index error', async () => {
    const layer = await layerOf(file('a'), link('b', 'a'), pax({ 'SCHILY.xattr.user.x': 'y' }), file('c'))
    const bytes = encodeIndex(layer.index)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(bytes.length),
        (changes, length) => {
          const damaged = bytes.slice()
          for (const [at, value] of changes) damaged[at] = value
          for (const given of [damaged, bytes.subarray(0, length)]) {
            try {
              const index = decodeIndex(given)
              for (let row = 0; row < index.columns.count; row++) index.row(row)
            } catch (error) {
              expect(error).toMatchObject({ code: 'INDEX_INVALID' })
            }
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

function fixChecksum(bytes: Uint8Array, at: number): void {
  let sum = 0
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : bytes[at + i]!
  if (bytes[at + 257] === 0x75) bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), at + 148)
}

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
      code: 'COMPRESSION_UNSUPPORTED',
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
