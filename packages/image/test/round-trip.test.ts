/** Layers of the conformance images, and layers that umoci makes: written again they are what they were. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { importImage, openImageFile, openLayout, validateImage, writeLayout } from '@layerwright/image/node'
import { applyLayer, type Layer, layerSnapshot, storeLayer, validateLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { contentDigestSync, emptySnapshot, type Inode, type Snapshot, upperChanges, walk } from '@layerwright/vfs'
import { readHostTree } from '@layerwright/vfs/node'
import { afterAll, describe, expect, it } from 'vitest'
import { leaveOut, requireTool } from '../../../test/support/tools.js'

const base = mkdtempSync(join(tmpdir(), 'layerwright-round-trip-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const images = fileURLToPath(new URL('../../../test/data/conformance/images/', import.meta.url))
const umoci = requireTool('umoci')
const isRoot = process.getuid?.() === 0 || leaveOut('owners and devices through umoci', 'not root')

/** Everything that can be seen of a tree, hard links as the first of their names. */
function describeTree(tree: Snapshot, times = true): string[] {
  const first = new Map<Inode, string>()
  return [...walk(tree)].map(({ path, inode }) => {
    if (inode.type !== 'dir' && !first.has(inode)) first.set(inode, path)
    const own = inode.type === 'file' ? contentDigestSync(inode.content) : inode.type === 'symlink' ? inode.target : ''
    const { type, mode, uid, gid, mtimeNs } = inode
    const time = times && type !== 'symlink' ? mtimeNs : ''
    return [path, type, type === 'symlink' ? '' : mode.toString(8), uid, gid, time, own, first.get(inode) ?? ''].join(' ')
  })
}

describe('the conformance images', () => {
  it.each(readdirSync(images).filter((name) => /\.tar$/.test(name)))(
    '%s: layers are right, and ours of the same changes come back byte for byte',
    async (name) => {
      const source = await openImageFile(join(images, name))
      try {
        for (const { platform } of await source.list()) {
          const image = await source.image(platform ? { platform } : {})
          expect(await validateImage(image)).toEqual([])
          const store = memoryStore()
          const { unpacked } = await importImage(store, image)
          let lower = emptySnapshot()
          for (const layer of unpacked) {
            expect(await validateLayer(layer)).toEqual([])
            const tree = applyLayer(lower, layer)
            // Written by us: that is then the author's form, and reading and writing it changes no byte.
            const ours: Layer = await storeLayer(store, upperChanges(lower, tree))
            const applied = applyLayer(lower, ours)
            expect(describeTree(applied)).toEqual(describeTree(tree))
            expect((await storeLayer(store, upperChanges(lower, applied))).diffId).toBe(ours.diffId)
            lower = tree
          }
          // Moved, a layer keeps its bytes, whoever wrote it.
          const moved = join(base, `moved-${name}-${platform?.architecture ?? 'x'}${platform?.variant ?? ''}`)
          await writeLayout(moved, [image], { refs: ['x'] })
          const again = await (await openLayout(moved)).image({ ref: 'x' })
          expect(again.manifest.layers.map(({ digest }) => digest)).toEqual(image.manifest.layers.map(({ digest }) => digest))
        }
      } finally {
        source.close?.()
      }
    },
  )
})

describe.skipIf(!umoci || !isRoot)('layers that umoci makes', () => {
  it('are the tree that it packed', async () => {
    const run = (...args: string[]) => execFileSync(umoci!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    const source = await openImageFile(join(images, 'base.tar'))
    const layout = join(base, 'umoci')
    await writeLayout(layout, [await source.image()], { refs: ['base'] })
    source.close?.()
    const bundle = join(base, 'bundle')
    run('unpack', '--image', `${layout}:base`, bundle)
    const root = join(bundle, 'rootfs')
    rmSync(join(root, 'etc/passwd'), { force: true })
    mkdirSync(join(root, 'new', 'd'.repeat(120), 'e'.repeat(120)), { recursive: true })
    writeFileSync(join(root, 'new', 'd'.repeat(120), 'e'.repeat(120), 'ü'), 'long name')
    writeFileSync(join(root, 'new/linked'), 'twice')
    linkSync(join(root, 'new/linked'), join(root, 'new/again'))
    symlinkSync('../../../../etc', join(root, 'new/up'))
    execFileSync('mknod', [join(root, 'new/null'), 'c', '1', '3'])
    execFileSync('mkfifo', [join(root, 'new/fifo')])
    const [existing] = [...walk(readHostTree(root))].filter(({ inode }) => inode.type === 'file').map(({ path }) => path)
    appendFileSync(join(root, existing!), 'more')
    chmodSync(join(root, 'new/linked'), 0o4711)
    run('repack', '--image', `${layout}:changed`, bundle)
    const image = await (await openLayout(layout)).image({ ref: 'changed' })
    expect(await validateImage(image)).toEqual([])
    const { unpacked } = await importImage(memoryStore(), image)
    expect(unpacked.length).toBeGreaterThan(1)
    // It keeps whole seconds of some times; names, types, modes, owners, links and bytes are all there.
    expect(describeTree(layerSnapshot(unpacked), false)).toEqual(describeTree(readHostTree(root, { owner: 'keep' }), false))
  })
})
