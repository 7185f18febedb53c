import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { findImage, listImages, makeImage, type StoredImage, tagImage } from '@layerwright/image'
import {
  importImage,
  openDockerArchive,
  openImageFile,
  openLayout,
  openOciArchive,
  validateImage,
  writeDockerArchive,
  writeLayout,
  writeOciArchive,
  writeRootfs,
} from '@layerwright/image/node'
import { layerSnapshot, storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { dirInode, fileInode, type LayerChange, symlinkInode, textContent } from '@layerwright/vfs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const base = mkdtempSync(join(tmpdir(), 'layerwright-formats-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
let count = 0
const fresh = () => join(base, `f${count++}`)
const linux = (architecture: string) => ({ os: 'linux', architecture })

const shared = fileInode(textContent('shared'), { mode: 0o640, uid: 7, gid: 8, mtimeNs: 1_500_000_000_123_456_789n })
const first: LayerChange[] = [
  { path: 'etc', inode: dirInode() },
  { path: 'etc/motd', inode: fileInode(textContent('hello\n'.repeat(5000))) },
  { path: 'etc/one', inode: shared },
  { path: 'etc/two', inode: shared },
  { path: 'gone', inode: fileInode(textContent('soon')) },
  { path: `long-${'x'.repeat(120)}`, inode: fileInode(textContent('long')) },
]
const second: LayerChange[] = [
  { path: 'bin', inode: symlinkInode('usr/bin') },
  { path: 'gone', inode: null },
]

let image: StoredImage
const store = memoryStore()
beforeAll(async () => {
  const layers = [await storeLayer(store, first), await storeLayer(store, second)]
  const history = [{ created_by: 'one' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'two' }]
  image = makeImage({
    config: { ...linux('amd64'), config: { Env: ['PATH=/bin'], Labels: { ['__proto__']: 'x', b: '2', a: '1' } }, history },
    layers,
  })
})

/** Reads an image into a store of its own and says what must be the same. */
async function read(path: string, select = {}) {
  const source = await openImageFile(path)
  try {
    const found = await source.image(select)
    expect(await validateImage(found)).toEqual([])
    const stored = await importImage(memoryStore(), found)
    return { config: stored.manifest.config.digest, diffIds: stored.unpacked.map((layer) => layer.diffId), digest: stored.digest, found }
  } finally {
    source.close()
  }
}
const same = () => ({ config: image.manifest.config.digest, diffIds: image.unpacked.map((layer) => layer.diffId) })

describe('making an image', () => {
  it('gives the same bytes whatever the order of keys', () => {
    const again = makeImage({
      layers: image.unpacked,
      config: {
        history: image.config.history!,
        config: { Labels: { a: '1', b: '2', ['__proto__']: 'x' }, Env: ['PATH=/bin'] },
        os: 'linux',
        architecture: 'amd64',
      },
    })
    expect(again.digest).toBe(image.digest)
  })
  it('is valid', async () => expect(await validateImage(image)).toEqual([]))
})

describe('round trips', () => {
  it.each(['none', 'gzip'] as const)('layout, compression %s', async (compression) => {
    const dir = fresh()
    await writeLayout(dir, [image], { refs: ['v1'], names: ['app:1.0'], compression })
    const { found, ...rest } = await read(dir, { ref: 'v1' })
    expect(rest).toEqual({ ...same(), digest: image.digest })
    expect(found.digest === image.digest).toBe(compression === 'none')
    expect((await read(dir, { ref: 'docker.io/library/app:1.0' })).digest).toBe(image.digest)
    expect(readdirSync(dir).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(readdirSync(join(dir, 'blobs'))).toEqual(['sha256'])
  })
  it.each(['none', 'gzip'] as const)('OCI archive, compression %s, also gzipped as a whole', async (compression) => {
    const file = fresh()
    await writeOciArchive(file, [image], { compression })
    expect(await read(file)).toMatchObject({ ...same(), digest: image.digest })
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)))
    expect(await read(`${file}.gz`)).toMatchObject(same())
    const again = fresh()
    await writeOciArchive(again, [image], { compression })
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true)
  })
  it('docker-archive, also of an image whose layers came compressed', async () => {
    const file = fresh()
    await writeDockerArchive(file, [image], { tags: ['app:1.0', 'localhost:5000/x/y'] })
    expect(await read(file)).toMatchObject(same())
    expect(await read(file, { ref: 'app:1.0' })).toMatchObject(same())
    expect(await read(file, { ref: 'docker.io/library/app:1.0' })).toMatchObject(same())
    await expect(read(file, { ref: 'app:2.0' })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
    const dir = fresh()
    await writeLayout(dir, [image], { compression: 'gzip' })
    const source = await openLayout(dir)
    const other = fresh()
    await writeDockerArchive(other, [await source.image()], { tags: ['app:1.0', 'localhost:5000/x/y'] })
    expect(readFileSync(other).equals(readFileSync(file))).toBe(true)
  })
  it('several platforms, beside what a layout holds already', async () => {
    const dir = fresh()
    await writeLayout(dir, [image], { refs: ['single'] })
    const arm = makeImage({ config: { ...image.config, ...linux('arm64') }, layers: image.unpacked })
    await writeLayout(dir, [image, arm], { refs: ['multi'] })
    await writeLayout(dir, [arm], { refs: ['single'] })
    expect((await read(dir, { ref: 'single' })).digest).toBe(arm.digest)
    expect((await read(dir, { ref: 'multi', platform: linux('amd64') })).digest).toBe(image.digest)
    expect((await read(dir, { digest: arm.digest })).digest).toBe(arm.digest)
  })
  it('the merged tree as a tar and as a folder', async () => {
    const tar = fresh()
    await writeRootfs(image, { tar })
    expect(execFileSync('tar', ['-tf', tar], { encoding: 'utf8' }).split('\n')).toContain('etc/motd')
    const dir = fresh()
    await writeRootfs(image, { dir })
    expect(readFileSync(join(dir, 'etc/motd'), 'utf8')).toBe('hello\n'.repeat(5000))
    expect(readdirSync(dir)).not.toContain('gone')
    await expect(writeRootfs(image, { dir })).rejects.toMatchObject({ code: 'FILE_EXISTS' })
  })
  it('records of a store', async () => {
    expect(await tagImage(store, 'app', image)).toBe('docker.io/library/app:latest')
    expect((await findImage(store, 'app:latest'))?.digest).toBe(image.digest)
    expect((await findImage(store, image.digest))?.digest).toBe(image.digest)
    expect((await findImage(store, image.digest.slice(7, 19)))?.digest).toBe(image.digest)
    expect((await findImage(store, image.manifest.config.digest))?.digest).toBe(image.digest)
    expect(await findImage(store, 'other')).toBeUndefined()
    const [summary] = await listImages(store)
    expect(summary).toMatchObject({ digest: image.digest, refs: ['docker.io/library/app:latest'] })
    const found = await findImage(store, 'app')
    expect(layerSnapshot(found!.unpacked).entries.get('etc')?.type).toBe('dir')
  })
})

describe('what is damaged or something else', () => {
  const blobOf = (dir: string, digest: string) => join(dir, 'blobs', 'sha256', digest.slice(7))
  it('an archive that is cut off', async () => {
    const file = fresh()
    await writeOciArchive(file, [image])
    truncateSync(file, 20_000)
    await expect(openOciArchive(file)).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED' })
    await expect(openDockerArchive(file)).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED' })
    await expect(openImageFile(file)).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED' })
  })
  it('no file, no tar, a tar without an image, a folder without a layout', async () => {
    await expect(openImageFile(fresh())).rejects.toMatchObject({ code: 'FILE_MISSING' })
    const text = fresh()
    writeFileSync(text, 'x'.repeat(2000))
    await expect(openImageFile(text)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    const tar = fresh()
    await writeRootfs(image, { tar })
    await expect(openImageFile(tar)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    const dir = fresh()
    mkdirSync(dir)
    await expect(openImageFile(dir)).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
    writeFileSync(join(dir, 'precious'), 'x')
    await expect(writeLayout(dir, [image])).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
    expect(readdirSync(dir)).toEqual(['precious'])
  })
  it('a layer with other bytes, other size, or none; and nothing is left in the store', async () => {
    const dir = fresh()
    await writeLayout(dir, [image])
    const path = blobOf(dir, image.layers[0]!.descriptor.digest)
    const whole = readFileSync(path)
    const store = memoryStore()
    const attempt = async () => importImage(store, await (await openLayout(dir)).image())
    const flipped = Buffer.from(whole)
    flipped[700]! ^= 1
    rmSync(path)
    writeFileSync(path, flipped)
    await expect(attempt()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    writeFileSync(path, whole.subarray(0, 9000))
    await expect(attempt()).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
    rmSync(path)
    await expect(attempt()).rejects.toMatchObject({ code: 'BLOB_MISSING' })
    for await (const blob of store.blobs()) expect.fail(`left: ${blob.digest}`)
    expect(await store.recordKeys('layer-index')).toEqual([])
  })
  it('a config that lies about its diffIDs', async () => {
    const config = { ...image.config, rootfs: { type: 'layers' as const, diff_ids: [...image.config.rootfs.diff_ids].reverse() } }
    const wrong: StoredImage = {
      ...image,
      config,
      layers: image.layers.map((layer, i) => ({ ...layer, diffId: config.rootfs.diff_ids[i]! })),
    }
    await expect(importImage(memoryStore(), wrong)).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })
    const codes = (await validateImage(wrong)).map((fault) => `${fault.subject} ${fault.code}`)
    expect(codes).toEqual(['config DOCUMENT_DIFFERS', 'layer 0 DIFF_ID_ORDER', 'layer 1 DIFF_ID_ORDER'])
  })
  it('validate names all faults at once', async () => {
    const bad: StoredImage = {
      ...image,
      digest: image.manifest.config.digest,
      configBytes: new TextEncoder().encode('{}'),
      platform: linux('s390x'),
      layers: image.layers.map((layer) => ({
        ...layer,
        descriptor: { ...layer.descriptor, size: 5, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' },
      })),
    }
    const codes = (await validateImage(bad)).map((fault) => fault.code)
    expect(codes).toEqual(
      expect.arrayContaining(['DIGEST_MISMATCH', 'SIZE_MISMATCH', 'DOCUMENT_INVALID', 'PLATFORM', 'COMPRESSION_MISMATCH']),
    )
  })
  it('a layer that turns out damaged while it is exported: the file never appears', async () => {
    const folder = fresh()
    mkdirSync(folder)
    const good = image.layers[0]!
    const wrong = new Uint8Array(good.content.size).fill(1)
    const content = {
      size: wrong.length,
      async *stream() {
        yield wrong
      },
    }
    const bad = { ...image, layers: [{ ...good, content }, ...image.layers.slice(1)] }
    for (const write of [writeOciArchive, writeDockerArchive]) {
      await expect(write(join(folder, 'x.tar'), [bad])).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
      expect(readdirSync(folder)).toEqual([])
    }
    await expect(writeLayout(join(folder, 'layout'), [bad])).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await expect(openLayout(join(folder, 'layout'))).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
    await writeLayout(join(folder, 'layout'), [image])
    expect((await read(join(folder, 'layout'))).digest).toBe(image.digest)
  })
  it('S34: a document that is manifest and index at once', async () => {
    const dir = fresh()
    await writeLayout(dir, [image])
    const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'))
    writeFileSync(join(dir, 'index.json'), JSON.stringify({ ...index, layers: [] }))
    await expect(openLayout(dir)).rejects.toMatchObject({ code: 'DOCUMENT_AMBIGUOUS' })
  })
  it('S38: a manifest that is longer than its descriptor says', async () => {
    const dir = fresh()
    await writeLayout(dir, [image])
    const path = blobOf(dir, image.digest)
    const bytes = readFileSync(path)
    rmSync(path)
    writeFileSync(path, Buffer.concat([bytes, Buffer.from(' ')]))
    await expect((await openLayout(dir)).image()).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
  })
  it('S39: keys like __proto__ in a config are keys', () => {
    const labels = image.config.config?.Labels as Record<string, string>
    expect(Object.keys(labels)).toContain('__proto__')
    expect(new TextDecoder().decode(image.configBytes)).toContain('"__proto__":"x"')
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})
