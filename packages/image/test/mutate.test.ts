/** Changes that give a new image, and leave the old one as it is. */
import {
  annotateImage,
  appendLayers,
  editConfig,
  flattenImage,
  type Image,
  imageLayer,
  makeImage,
  rebaseImage,
  type StoredImage,
  setTimes,
} from '@layerwright/image'
import { importImage, validateImage } from '@layerwright/image/node'
import { layerSnapshot, storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { contentDigestSync, dirInode, fileInode, type LayerChange, type Snapshot, textContent, walk } from '@layerwright/vfs'
import { beforeAll, describe, expect, it } from 'vitest'

const store = memoryStore()
const file = (text: string, seconds = 5) => fileInode(textContent(text), { mtimeNs: BigInt(seconds) * 1_000_000_000n })
const shared = file('two names', 9)
const linux = { os: 'linux', architecture: 'amd64' }

async function made(layers: LayerChange[][], more: object = {}): Promise<StoredImage> {
  return makeImage({
    config: { ...linux, created: '2024-05-05T00:00:00Z', ...more },
    layers: await Promise.all(layers.map((changes) => storeLayer(store, changes))),
    annotations: { kept: 'yes' },
  })
}

/** Paths, contents and times. */
const seen = (tree: Snapshot, times = true): string[] =>
  [...walk(tree)].map(
    ({ path, inode }) =>
      `${path} ${inode.type} ${inode.type === 'file' ? contentDigestSync(inode.content) : ''} ${times ? inode.mtimeNs : ''}`,
  )

const base: LayerChange[] = [
  { path: 'etc', inode: dirInode(undefined, { mtimeNs: 3_000_000_000n }) },
  { path: 'etc/one', inode: shared },
  { path: 'etc/two', inode: shared },
  { path: 'gone', inode: file('secret') },
]
let image: StoredImage
let before: string
beforeAll(async () => {
  image = await made(
    [
      base,
      [
        { path: 'app', inode: file('app') },
        { path: 'gone', inode: null },
      ],
      [{ path: 'top', inode: file('top', 99) }],
    ],
    {
      config: { Env: ['A=1'], Cmd: ['/app'] },
      history: [{ created_by: 'base' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'app' }, { created_by: 'top' }],
    },
  )
  before = JSON.stringify([image.digest, image.config, image.manifest])
})
const sound = async (one: Image) => {
  expect(await validateImage(one)).toEqual([])
  expect(JSON.stringify([image.digest, image.config, image.manifest])).toBe(before)
  return importImage(store, one)
}

describe('an image', () => {
  it('gets layers on top', async () => {
    const layer = await storeLayer(store, [{ path: 'more', inode: file('more') }])
    const stored = await sound(appendLayers(image, [layer], [{ created_by: 'by hand' }]))
    expect(stored.unpacked.map(({ diffId }) => diffId)).toEqual([...image.unpacked.map(({ diffId }) => diffId), layer.diffId])
    expect(stored.config.history?.at(-1)).toEqual({ created_by: 'by hand' })
    expect([...layerSnapshot(stored.unpacked).entries.keys()]).toContain('more')
    // a history that does not speak of all layers is not made to
    const silent = editConfig(image, ({ history: _, ...config }) => config)
    expect((await sound(appendLayers(silent, [imageLayer(layer)]))).config.history).toBeUndefined()
  })

  it('gets annotations and another config', async () => {
    const annotated = await sound(annotateImage(image, { kept: undefined, new: '1', ['__proto__']: 'a key' }))
    expect(annotated.manifest.annotations).toEqual({ new: '1', ['__proto__']: 'a key' })
    expect(annotated.manifest.config).toEqual(image.manifest.config)
    const edited = editConfig(image, (config) => ({ ...config, architecture: 'arm64', config: { ...config.config, User: 'me' } }))
    expect(edited.platform).toEqual({ os: 'linux', architecture: 'arm64' })
    expect((await sound(edited)).config.config).toEqual({ Env: ['A=1'], Cmd: ['/app'], User: 'me' })
    expect(annotateImage(image, {}).digest).toBe(image.digest)
  })

  it('becomes one layer, or keeps the lowest: the files are the same, what was removed is gone', async () => {
    const tree = seen(layerSnapshot(image.unpacked))
    for (const keep of [0, 1, 2, 3]) {
      const flat = await flattenImage(image, store, { keep })
      await sound(flat)
      expect(flat.layers).toHaveLength(keep + 1)
      expect(seen(layerSnapshot(flat.unpacked))).toEqual(tree)
      expect(flat.manifest.annotations).toEqual({ kept: 'yes' })
      expect(flat.config.history?.at(-1)?.created_by).toBe(`flatten ${image.digest}`)
    }
    const one = await flattenImage(image, store)
    expect(one.unpacked[0]!.index.find('gone')).toBeUndefined()
    expect(one.config.history).toHaveLength(1)
    await expect(flattenImage(image, store, { keep: 4 })).rejects.toMatchObject({ code: 'LAYER_COUNT' })
  })

  it('moves to another base', async () => {
    const oldBase = await made([base], { history: [{ created_by: 'base' }, { created_by: 'ENV', empty_layer: true }] })
    const newBase = await made([[{ path: 'new', inode: file('new') }], [{ path: 'etc', inode: dirInode() }]], {
      history: [{ created_by: 'n1' }, { created_by: 'n2' }],
    })
    const rebased = await sound(rebaseImage(image, { oldBase, newBase, baseName: 'example/base:2' }))
    expect(rebased.config.rootfs.diff_ids).toEqual([...newBase.config.rootfs.diff_ids, ...image.config.rootfs.diff_ids.slice(1)])
    expect(rebased.config.history?.map(({ created_by }) => created_by)).toEqual(['n1', 'n2', 'app', 'top'])
    expect(rebased.config.config).toEqual(image.config.config)
    expect(rebased.manifest.annotations).toEqual({
      kept: 'yes',
      'org.opencontainers.image.base.digest': newBase.digest,
      'org.opencontainers.image.base.name': 'example/base:2',
    })
    const code = (work: () => unknown) => {
      try {
        work()
        return 'none'
      } catch (error) {
        return (error as { code?: string }).code
      }
    }
    expect(code(() => rebaseImage(image, { oldBase: newBase, newBase }))).toBe('REBASE_MISMATCH')
    const other = editConfig(newBase, (config) => ({ ...config, architecture: 's390x' }))
    expect(code(() => rebaseImage(image, { oldBase, newBase: other }))).toBe('REBASE_MISMATCH')
  })

  it('gets one date everywhere, or what is younger does', async () => {
    const dated = await setTimes(image, store, { seconds: 50 })
    await sound(dated)
    const tree = seen(layerSnapshot(dated.unpacked))
    expect(tree.every((line) => / 50000000000$/.test(line))).toBe(true)
    expect(seen(layerSnapshot(dated.unpacked), false)).toEqual(seen(layerSnapshot(image.unpacked), false))
    const entries = layerSnapshot(dated.unpacked).entries.get('etc')
    expect(entries?.type === 'dir' && entries.entries.get('one') === entries.entries.get('two')).toBe(true)
    expect(dated.config.created).toBe('1970-01-01T00:00:50Z')
    expect(dated.config.history?.map(({ created }) => created)).toEqual(Array(4).fill('1970-01-01T00:00:50Z'))
    const clamped = await setTimes(image, store, { seconds: 50, clamp: true })
    await sound(clamped)
    const times = seen(layerSnapshot(clamped.unpacked)).map((line) => line.split(' ').at(-1))
    expect(new Set(times)).toEqual(new Set(['3000000000', '5000000000', '9000000000', '50000000000']))
    // the same files at another time become the same image
    const later = await setTimes(await setTimes(image, store, { seconds: 7777 }), store, { seconds: 50 })
    expect(later.digest).toBe(dated.digest)
  })
})
