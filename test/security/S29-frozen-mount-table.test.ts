/** S29 (CVE-2019-19921, CVE-2021-30465, CVE-2025-52881): the mount table is worked out from a frozen tree before anything runs, and never again. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { nodeHost } from '@layerwright/container/node'
import { createOverlay, emptySnapshot, mountView, tmpfs } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { BASE_STAGE, buildFiles, textOf as builtText, SHELL_BASE } from '../../packages/build/test/support.js'
import { fixture, putImage, textOf } from '../../packages/container/test/fixture.js'
import { guarded, hostPaths } from './support.js'

it('S29 a link that takes a mount target’s place later leads nobody elsewhere', () =>
  guarded(() => {
    const root = createOverlay(emptySnapshot())
    root.mkdir('/a')
    root.mkdir('/victim')
    const inner = tmpfs()
    const view = mountView(root, [
      { target: '/a/b', source: tmpfs() },
      { target: '/a/b/c', source: inner },
    ])
    // A mount point itself can be neither renamed nor removed. A directory above one can be renamed, and takes the mount along, as on Linux.
    for (const work of [() => view.rename('/a/b', '/moved'), () => view.rmdir('/a/b/c'), () => view.rm('/a', { recursive: true })])
      expect(work).toThrow(expect.objectContaining({ code: 'EBUSY' }))
    view.rename('/a', '/moved')
    view.symlink('/victim', '/a')
    view.mkdir('/victim/b')
    view.writeFile('/moved/b/c/file', 'x')
    expect(view.exists('/a/b/c')).toBe(false)
    view.rmdir('/victim/b')
    expect(root.readdir('/victim')).toEqual([])
    expect(inner.list(inner.root).map(({ name }) => name)).toEqual(['file'])
  }))

it('S29 of two mounts the second goes where the links led before the first was there', () =>
  guarded(() => {
    // The volume holds a link, as one that another container prepared would.
    const volume = createOverlay(emptySnapshot())
    volume.symlink('/victim', '/swap')
    const root = createOverlay(emptySnapshot())
    root.mkdir('/victim')
    const view = mountView(root, [
      { target: '/v', source: volume },
      { target: '/v/swap/x', source: tmpfs() },
    ])
    view.writeFile('/v/swap/x/file', 'in the tmpfs')
    expect(root.readdir('/victim').map(({ name }) => name)).toEqual(['x'])
    expect(root.readdir('/victim/x')).toEqual([])
  }))

it('S29 a mount target that an image leads out by links stays in the container', () =>
  guarded(async ({ target, outside }) => {
    const { engine, store } = await fixture({ host: nodeHost() })
    await putImage(store, 'hostile', {}, (fs) => {
      fs.symlink(outside, '/leads-out')
      fs.symlink(`../../../../../../../..${outside}`, '/climbs-out')
      fs.symlink(outside, '/proc')
    })
    mkdirSync(target)
    symlinkSync(outside, join(target, 'link'))
    const volumes = ['one:/leads-out/x', 'two:/climbs-out/y', `${target}:/leads-out/z`]
    const box = await engine.containers.create({ image: 'hostile', hold: true, volumes })
    await box.start()
    await box.filesystem((fs) => {
      fs.writeFile('/leads-out/x/f', 'f')
      fs.writeFile('/climbs-out/y/f', 'f')
      fs.writeFile('/leads-out/z/f', 'f')
      fs.writeFile('/leads-out/secret', 'not the host’s')
    })
    expect(hostPaths(target)).toEqual(['f', 'link'])
    expect(await box.filesystem((fs) => textOf(fs, `${outside}/secret`))).toBe('not the host’s')
  }))

it('S29 a RUN that swaps a mount target for a link changes nothing for its own mounts', () =>
  guarded(async () => {
    const result = await buildFiles({
      ...SHELL_BASE,
      'ctx/a': 'from the context',
      Dockerfile: `${BASE_STAGE}FROM base
RUN mkdir -p /m /victim && touch /victim/file
RUN --mount=type=bind,source=ctx,target=/m/deep rm -rf /victim; cat /m/deep/a > /got
`,
    })
    expect(await builtText(result, '/got')).toBe('from the context')
  }))
