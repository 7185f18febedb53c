/** S10 (CVE-2024-12905, CVE-2025-48387, CVE-2025-59343): a folder whose name begins like another's is not inside it. The rule for the code itself is in test/house. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeHost } from '@layerwright/container/node'
import { layerSnapshot } from '@layerwright/layer'
import { createOverlay, emptySnapshot, mountView, tmpfs } from '@layerwright/vfs'
import { hostFolder } from '@layerwright/vfs/node'
import { expect, it } from 'vitest'
import { buildFiles } from '../../packages/build/test/support.js'
import { codeOf as containerCode, fixture, textOf } from '../../packages/container/test/fixture.js'
import { archive, codeOf, extract, file, guarded, hard, hostPaths, link, paths, SECRET } from './support.js'

it('S10 a neighbour of the target that begins with its name is outside', () =>
  guarded(async ({ root, target }) => {
    mkdirSync(`${target}-secret`)
    writeFileSync(join(`${target}-secret`, 'file'), SECRET)
    expect(await codeOf(() => extract(target, [[file('../target-secret/file', 'x')]]))).toBe('LAYER_PATH_CLIMBS')
    expect(await codeOf(() => extract(target, [[hard('x', '../target-secret/file')]]))).toBe('LAYER_PATH_CLIMBS')
    expect(hostPaths(target)).toEqual([])
    await extract(target, [[link('out', '../target-secret'), file('out/file', 'mine')]])
    expect(hostPaths(target)).toEqual(['out', 'target-secret', 'target-secret/file'])
    expect(hostPaths(`${target}-secret`)).toEqual(['file'])
    expect(
      hostPaths(root)
        .filter((path) => /^target-secret/.test(path))
        .sort(),
    ).toEqual(['target-secret', 'target-secret/file'])
    // What this test made beside the target is not a part of what has to stay as it was.
    const { rmSync } = await import('node:fs')
    rmSync(`${target}-secret`, { recursive: true })
  }))

it('S10 a mount at /data has no say about /data-old', () =>
  guarded(() => {
    const overlay = createOverlay(emptySnapshot())
    overlay.mkdir('/data')
    overlay.mkdir('/data-old')
    const view = mountView(overlay, [{ target: '/data', source: tmpfs() }])
    view.writeFile('/data/a', 'mounted')
    view.writeFile('/data-old/a', 'layer')
    view.rename('/data-old/a', '/data-older')
    expect(() => view.rename('/data-older', '/data/b')).toThrow(expect.objectContaining({ code: 'EXDEV' }))
    expect(overlay.diff().map(({ path }) => path)).toEqual(['/data', '/data-old', '/data-older'])
  }))

it('S10 a bound folder ends where it ends', () =>
  guarded(({ target }) => {
    mkdirSync(join(target, 'in'), { recursive: true })
    mkdirSync(join(target, 'in-secret'))
    writeFileSync(join(target, 'in-secret/file'), SECRET)
    symlinkSync('../in-secret/file', join(target, 'in/link'))
    const folder = hostFolder(join(target, 'in'))
    try {
      const view = mountView(createOverlay(emptySnapshot()), [{ target: '/m', source: folder }])
      for (const path of ['/m/link', '/m/../in-secret/file', '/m-secret/file']) expect(view.exists(path), path).toBe(false)
    } finally {
      folder.close()
    }
  }))

it('S10 cp into a folder and links of its neighbour', () =>
  guarded(async () => {
    const { engine } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({ image: 'app', hold: true })
    await box.start()
    await box.filesystem((fs) => {
      fs.mkdir('/srv-secret')
      fs.writeFile('/srv-secret/file', 'kept')
    })
    expect(await containerCode(box.copyArchiveIn(archive(file('../srv-secret/file', 'x')), '/srv'))).toBe('COPY_PATH_ESCAPES')
    expect(await containerCode(box.copyArchiveIn(archive(link('l', '../srv-secret/file')), '/srv'))).toBe('COPY_PATH_ESCAPES')
    expect(await box.filesystem((fs) => textOf(fs, '/srv-secret/file'))).toBe('kept')
  }))

it('S10 an ignored folder takes nothing along that begins with its name, and COPY takes no neighbour', () =>
  guarded(async () => {
    const result = await buildFiles({
      Dockerfile: 'FROM scratch\nCOPY app /out/\nCOPY . /all/\n',
      '.dockerignore': 'secret\nDockerfile\n.dockerignore\n',
      'app/a': 'a',
      'app-secret/b': 'b',
      'secret/c': 'c',
      'secrets/d': 'd',
    })
    const got = paths(layerSnapshot(result.image.unpacked))
    expect(got.filter((path) => /\/[abcd]$/.test(path)).sort()).toEqual(['all/app-secret/b', 'all/app/a', 'all/secrets/d', 'out/a'])
  }))
