/** docker-archives as Docker wrote them before 1.10. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '@layerwright/digest'
import { makeImage } from '@layerwright/image'
import { importImage, openImageFile, validateImage, validateImageFile, writeDockerArchive } from '@layerwright/image/node'
import { layerSnapshot, storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { fileInode, type LayerChange, readAll, textContent } from '@layerwright/vfs'
import { afterAll, expect, it } from 'vitest'

const base = mkdtempSync(join(tmpdir(), 'layerwright-legacy-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const id = (digit: string) => digit.repeat(64)

/** An archive of two images, the second on the first. */
async function archive(name: string, change: (files: Map<string, string | Uint8Array>) => void = () => {}) {
  const tar = async (changes: LayerChange[]) => readAll((await storeLayer(memoryStore(), changes)).blob)
  const json = (more: object) => JSON.stringify({ architecture: 'amd64', os: 'linux', docker_version: '1.9.1', ...more })
  const files = new Map<string, string | Uint8Array>([
    ['repositories', JSON.stringify({ app: { v1: id('b'), latest: id('b') }, 'example.com/base': { latest: id('a') } })],
    [`${id('a')}/VERSION`, '1.0'],
    [
      `${id('a')}/json`,
      json({ id: id('a'), created: '2015-01-01T00:00:00Z', container_config: { Cmd: ['/bin/sh', '-c', '#(nop) ADD'] }, Size: 3 }),
    ],
    [`${id('a')}/layer.tar`, await tar([{ path: 'one', inode: fileInode(textContent('1')) }])],
    [`${id('b')}/VERSION`, '1.0'],
    [`${id('b')}/json`, json({ id: id('b'), parent: id('a'), created: '2015-02-02T00:00:00Z', author: 'me', config: { Cmd: ['/two'] } })],
    [
      `${id('b')}/layer.tar`,
      await tar([
        { path: 'one', inode: null },
        { path: 'two', inode: fileInode(textContent('2')) },
      ]),
    ],
  ])
  change(files)
  const dir = join(base, name)
  for (const [path, bytes] of files) {
    mkdirSync(join(dir, path, '..'), { recursive: true })
    writeFileSync(join(dir, path), bytes)
  }
  execFileSync('tar', ['-cf', `${dir}.tar`, '-C', dir, '.'])
  return { file: `${dir}.tar`, files }
}

it('are read as Docker loads them', async () => {
  const { file, files } = await archive('two')
  const source = await openImageFile(file)
  expect((await source.list()).map(({ refs }) => [...refs].sort())).toEqual([['app:latest', 'app:v1'], ['example.com/base:latest']])
  const image = await source.image({ ref: 'app:v1' })
  expect(await validateImage(image)).toEqual([])
  expect(await validateImageFile(file)).toEqual([])
  const tars = [id('a'), id('b')].map((one) => sha256(files.get(`${one}/layer.tar`) as Uint8Array))
  expect(image.config).toEqual({
    architecture: 'amd64',
    os: 'linux',
    docker_version: '1.9.1',
    created: '2015-02-02T00:00:00Z',
    author: 'me',
    config: { Cmd: ['/two'] },
    rootfs: { type: 'layers', diff_ids: tars },
    history: [
      { created: '2015-01-01T00:00:00Z', created_by: '/bin/sh -c #(nop) ADD' },
      { created: '2015-02-02T00:00:00Z', author: 'me' },
    ],
  })
  expect([...layerSnapshot((await importImage(memoryStore(), image)).unpacked).entries.keys()]).toEqual(['two'])
  expect((await source.image({ ref: 'example.com/base:latest' })).layers).toHaveLength(1)
  source.close()
})

it('are written for old readers and for new ones', async () => {
  const layers = await Promise.all(['one', 'two'].map((path) => storeLayer(memoryStore(), [{ path, inode: fileInode(textContent(path)) }])))
  const history = [
    { created_by: 'first', created: '2020-01-01T00:00:00Z' },
    { created_by: 'ENV', empty_layer: true },
    { created_by: 'second' },
  ]
  const image = makeImage({ config: { os: 'linux', architecture: 'arm64', config: { Cmd: ['/two'] }, history }, layers })
  const both = join(base, 'both.tar')
  await writeDockerArchive(both, [image], { tags: ['app:1'], legacy: true })
  const old = join(base, 'old.tar')
  const unpacked = join(base, 'unpacked')
  mkdirSync(unpacked)
  execFileSync('tar', ['-xf', both, '-C', unpacked])
  execFileSync('tar', ['-cf', old, '-C', unpacked, '--exclude', 'manifest.json', '.'])
  for (const [file, digest] of [
    [both, image.manifest.config.digest],
    [old, undefined],
  ] as const) {
    expect(await validateImageFile(file)).toEqual([])
    const source = await openImageFile(file)
    const found = await source.image({ ref: 'app:1' })
    expect(found.config.rootfs).toEqual(image.config.rootfs)
    expect(found.config.config).toEqual({ Cmd: ['/two'] })
    expect(found.platform).toEqual({ os: 'linux', architecture: 'arm64' })
    if (digest) expect(found.manifest.config.digest).toBe(digest)
    else expect(found.config.history?.map(({ created_by }) => created_by)).toEqual(['first', 'second'])
    source.close()
  }
})

it.each([
  ['a layer that is its own parent', `${id('a')}/json`, JSON.stringify({ id: id('a'), parent: id('b') }), 'ARCHIVE_INVALID'],
  ['a parent that is a path', `${id('a')}/json`, JSON.stringify({ id: id('a'), parent: '../../etc' }), 'ARCHIVE_INVALID'],
  ['no layer under a name', 'repositories', '{"app":{"v1":5}}', 'ARCHIVE_INVALID'],
  ['no names', 'repositories', '{}', 'ARCHIVE_INVALID'],
  ['a json that is none', `${id('b')}/json`, '[', 'DOCUMENT_INVALID'],
  ['a layer that is missing', `${id('b')}/layer.tar`, undefined, 'BLOB_MISSING'],
])('are refused with %s', async (name, path, bytes, code) => {
  const { file } = await archive(name.replaceAll(' ', '-'), (files) => {
    if (bytes === undefined) files.delete(path)
    else files.set(path, bytes)
  })
  const reading = async () => {
    const source = await openImageFile(file)
    try {
      return await source.image({ ref: 'app:v1' })
    } finally {
      source.close()
    }
  }
  await expect(reading()).rejects.toMatchObject({ code })
})
