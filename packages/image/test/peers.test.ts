/** What other tools make of the images written here. */
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeImage, type StoredImage } from '@layerwright/image'
import {
  importImage,
  openImageFile,
  openLayout,
  validateImage,
  writeDockerArchive,
  writeLayout,
  writeOciArchive,
} from '@layerwright/image/node'
import { layerSnapshot, storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { fileInode, readAll, symlinkInode, textContent, walk } from '@layerwright/vfs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDockerEngine } from '../../../test/support/daemon.mjs'
import { leaveOut, requireTool } from '../../../test/support/tools.js'

const base = mkdtempSync(join(tmpdir(), 'layerwright-peers-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const images = fileURLToPath(new URL('../../../test/data/conformance/images/', import.meta.url))
const skopeo = requireTool('skopeo')
const umoci = requireTool('umoci')
const dockerd = requireTool('dockerd')
const docker = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : requireTool('docker')
const isRoot = process.getuid?.() === 0
const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

let image: StoredImage
/** A layout with the image in it, plain and compressed. */
const layout = join(base, 'layout')

beforeAll(async () => {
  const store = memoryStore()
  const source = await openImageFile(join(images, 'base.tar'))
  const parent = await importImage(store, await source.image())
  source.close()
  const layer = await storeLayer(store, [
    { path: 'etc/passwd', inode: null },
    { path: `srv/${'n'.repeat(130)}`, inode: fileInode(textContent('long name')) },
    { path: 'srv/ünï', inode: fileInode(textContent('hello from the layer\n'), { mode: 0o4755, uid: 3_000_000, gid: 5, mtimeNs: -1n }) },
    { path: 'srv/link', inode: symlinkInode('ünï') },
  ])
  image = makeImage({
    config: { ...parent.config, config: { Cmd: ['/bin/cat', '/srv/ünï'] }, history: [{ created_by: 'base' }, { created_by: 'layer' }] },
    layers: [...parent.unpacked, layer],
  })
  await writeLayout(layout, [image], { refs: ['plain'] })
  await writeLayout(layout, [image], { refs: ['gzip'], compression: 'gzip' })
})

describe.skipIf(!skopeo)('skopeo', () => {
  it.each(['plain', 'gzip'])('inspects and copies the layout (%s), and we read its copy', async (tag) => {
    expect(JSON.parse(run(skopeo!, 'inspect', `oci:${layout}:${tag}`))).toMatchObject({ Architecture: 'amd64', Os: 'linux' })
    const copy = join(base, `copy-${tag}`)
    run(skopeo!, 'copy', '--insecure-policy', `oci:${layout}:${tag}`, `oci:${copy}:x`)
    const source = await openLayout(copy)
    const copied = await source.image({ ref: 'x' })
    expect(await validateImage(copied)).toEqual([])
    expect(copied.config.rootfs.diff_ids).toEqual(image.config.rootfs.diff_ids)
  })
  it('reads our OCI archive and docker-archive, and we read those it writes', async () => {
    const oci = join(base, 'a.oci')
    const tar = join(base, 'a.docker')
    await writeOciArchive(oci, [image], { refs: ['v1'], compression: 'gzip' })
    await writeDockerArchive(tar, [image], { tags: ['app:v1'] })
    run(skopeo!, 'copy', '--insecure-policy', `oci-archive:${oci}:v1`, `docker-archive:${join(base, 'b.docker')}:other:v2`)
    run(skopeo!, 'copy', '--insecure-policy', `docker-archive:${tar}:app:v1`, `oci-archive:${join(base, 'b.oci')}:v3`)
    for (const [file, ref] of [
      ['b.docker', 'other:v2'],
      ['b.oci', 'v3'],
    ] as const) {
      const source = await openImageFile(join(base, file))
      const found = await source.image({ ref })
      expect(await validateImage(found)).toEqual([])
      expect(found.config.rootfs.diff_ids).toEqual(image.config.rootfs.diff_ids)
      source.close()
    }
  })
})

describe.skipIf(!umoci)('umoci', () => {
  it.each(['plain', 'gzip'])('unpacks the layout (%s) to the tree that we see', async (tag) => {
    const bundle = join(base, `bundle-${tag}`)
    if (!isRoot && !leaveOut('umoci with owners', 'not root')) run(umoci!, 'unpack', '--rootless', '--image', `${layout}:${tag}`, bundle)
    else run(umoci!, 'unpack', '--image', `${layout}:${tag}`, bundle)
    let seen = 0
    for (const { path, inode } of walk(layerSnapshot(image.unpacked))) {
      const host = join(bundle, 'rootfs', path)
      const stat = lstatSync(host)
      const type = stat.isDirectory() ? 'dir' : stat.isSymbolicLink() ? 'symlink' : stat.isFile() ? 'file' : 'other'
      expect([path, type]).toEqual([path, inode.type])
      if (inode.type !== 'symlink') expect([path, stat.mode & 0o7777]).toEqual([path, inode.mode])
      if (isRoot) expect([path, stat.uid, stat.gid]).toEqual([path, inode.uid, inode.gid])
      if (inode.type === 'symlink') expect(readlinkSync(host)).toBe(inode.target)
      if (inode.type === 'file') expect(readFileSync(host).equals(await readAll(inode.content))).toBe(true)
      seen++
    }
    expect(seen).toBeGreaterThan(20)
    expect(existsSync(join(bundle, 'rootfs/etc/passwd'))).toBe(false)
  })
})

describe.skipIf(!dockerd || !docker || (!isRoot && !leaveOut('a Docker engine', 'not root')))('a Docker engine', () => {
  const folder = join(base, 'docker')
  const socket = `unix://${join(folder, 'docker.sock')}`
  const engine = (...args: string[]) => run(docker!, '-H', socket, ...args)
  let stop: (() => Promise<void>) | undefined
  beforeAll(async () => {
    mkdirSync(folder)
    stop = (await startDockerEngine(dockerd!, folder)).stop
  })
  afterAll(() => stop?.())
  it('loads the docker-archive and runs a container of it', async () => {
    const tar = join(base, 'load.tar')
    await writeDockerArchive(tar, [image], { tags: ['app:loaded'] })
    expect(engine('load', '-i', tar)).toContain('app:loaded')
    expect(engine('run', '--rm', '--network', 'none', 'app:loaded')).toBe('hello from the layer\n')
    const saved = join(base, 'saved.tar')
    engine('save', '-o', saved, 'app:loaded')
    const source = await openImageFile(saved)
    const found = await source.image({ ref: 'app:loaded' })
    expect(await validateImage(found)).toEqual([])
    expect(found.config.rootfs.diff_ids).toEqual(image.config.rootfs.diff_ids)
    source.close()
  })
})
