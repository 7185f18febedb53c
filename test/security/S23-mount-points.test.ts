/** S23 (CVE-2024-23652): mount points are facts of an overlay; in the tree below nothing is made and nothing removed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeHost } from '@layerwright/container/node'
import { layerSnapshot } from '@layerwright/layer'
import { createOverlay, emptySnapshot, mountView, tmpfs } from '@layerwright/vfs'
import { hostFolder } from '@layerwright/vfs/node'
import { expect, it } from 'vitest'
import { BASE_STAGE, buildFiles, pathsOf, SHELL_BASE } from '../../packages/build/test/support.js'
import { fixture } from '../../packages/container/test/fixture.js'
import { listing } from '../../packages/layer/test/support.js'
import { codeOf, guarded, hostPaths, paths } from './support.js'

it('S23 the lower tree of a view is the very same before and after', () =>
  guarded(() => {
    const made = createOverlay(emptySnapshot())
    made.mkdir('/etc')
    made.writeFile('/etc/hosts', 'image')
    made.symlink('/etc', '/link')
    const lower = made.freeze()
    const before = listing(lower)
    const overlay = createOverlay(lower)
    const view = mountView(overlay, [
      { target: '/new/deep/point', source: tmpfs() },
      { target: '/etc/hosts', source: createOverlay(lower), subpath: 'etc/hosts' },
      { target: '/link/inside', source: tmpfs() },
    ])
    view.writeFile('/new/deep/point/file', 'x')
    view.writeFile('/etc/hosts', 'changed')
    for (const path of ['/new/deep/point', '/etc/hosts', '/etc/inside']) expect(() => view.rm(path, { recursive: true })).toThrow(/EBUSY/)
    expect(() => view.rm('/new', { recursive: true })).toThrow(/EBUSY/)
    expect(listing(lower)).toEqual(before)
    expect(paths(overlay.freeze())).toEqual(['etc', 'etc/hosts', 'etc/inside', 'link', 'new', 'new/deep', 'new/deep/point'])
  }))

it('S23 a RUN leaves no mount points in its layer, and none of what was there is gone', () =>
  guarded(async () => {
    const result = await buildFiles({
      ...SHELL_BASE,
      'ctx/a': 'a',
      Dockerfile: `${BASE_STAGE}FROM base
RUN mkdir /kept && touch /kept/file
RUN --mount=type=tmpfs,target=/kept --mount=type=cache,target=/fresh/cache --mount=type=bind,source=ctx,target=/bound touch /kept/x /fresh/cache/y
`,
    })
    const tree = paths(layerSnapshot(result.image.unpacked))
    expect(tree).toContain('kept/file')
    for (const gone of ['kept/x', 'fresh/cache/y', 'fresh/cache', 'fresh', 'bound', 'bound/a']) expect(tree).not.toContain(gone)
    expect(pathsOf(result).length).toBe(tree.length)
  }))

it('S23 in a read-only folder of the host no mount point is made', () =>
  guarded(async ({ outside }) => {
    const folder = hostFolder(outside, { readonly: true })
    try {
      const mounts = [
        { target: '/m', source: folder },
        { target: '/m/planted', source: tmpfs() },
      ]
      expect(await codeOf(() => mountView(createOverlay(emptySnapshot()), mounts))).toBe('EROFS')
      // Where there is one already, it is only covered.
      const view = mountView(createOverlay(emptySnapshot()), [mounts[0]!, { target: '/m/folder', source: tmpfs() }])
      view.writeFile('/m/folder/file', 'mine')
    } finally {
      folder.close()
    }
  }))

it('S23 stopping and removing a container removes nothing of the image and nothing of a bound folder', () =>
  guarded(async ({ target }) => {
    mkdirSync(join(target, 'folder'), { recursive: true })
    writeFileSync(join(target, 'folder/kept'), 'k')
    const { engine } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({
      image: 'app',
      hold: true,
      volumes: [`${target}/folder:/data`, 'vol:/data/deep'],
    })
    await box.start()
    await box.stop()
    await box.remove({ volumes: true })
    expect(hostPaths(target).filter((path) => path !== 'folder/deep')).toEqual(['folder', 'folder/kept'])
    const fresh = await engine.containers.create({ image: 'app', hold: true })
    await fresh.start()
    expect(await fresh.filesystem((fs) => fs.readdir('/data').map(({ name }) => name))).toEqual(['a.txt', 'nest'])
  }))
