/** S31 (CVE-2018-15664, CVE-2019-10152): copies in and out resolve in the container's view, in one call. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeHost } from '@layerwright/container/node'
import { readTar } from '@layerwright/layer'
import { memoryContent } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { codeOf as containerCode, fixture, textOf } from '../../packages/container/test/fixture.js'
import { archive, file, guarded, hostPaths, SECRET } from './support.js'

it('S31 a link to a place of the host means that place of the container, in and out', () =>
  guarded(async ({ target, outside, secret }) => {
    mkdirSync(join(target, 'bound'), { recursive: true })
    writeFileSync(join(target, 'file'), 'f')
    const { engine } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({ image: 'app', hold: true, volumes: [`${target}/bound:/bound`, 'vol:/vol'] })
    await box.start()
    await box.filesystem((fs) => {
      fs.symlink(outside, '/srv/out')
      fs.symlink('../../outside', '/bound/up')
      fs.symlink(secret, '/vol/secret')
    })
    // The places that the links name do not exist in the container.
    for (const path of ['/srv/out/secret', '/bound/up/secret', '/vol/secret/x']) {
      expect(await containerCode(box.copyIn(join(target, 'file'), path)), path).toBe('PATH_NOT_FOUND')
      expect(await containerCode(box.copyOut(path, join(target, 'got'))), path).toMatch(/^(PATH_NOT_FOUND|NOT_A_DIRECTORY)$/)
    }
    // And once one does, it is the container's.
    await box.filesystem((fs) => {
      fs.mkdir(outside, { recursive: true })
      fs.writeFile(secret, 'of the container')
    })
    await box.copyIn(join(target, 'file'), '/srv/out/planted')
    expect(await box.filesystem((fs) => textOf(fs, `${outside}/planted`))).toBe('f')
    const parts: Uint8Array[] = []
    await box.copyArchiveOut('/srv/out/secret', (bytes) => parts.push(bytes.slice()))
    const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer())
    expect(new TextDecoder().decode(bytes)).not.toContain(SECRET)
    expect((await readTar(memoryContent(bytes))).map(({ name }) => name)).toEqual(['secret'])
    expect(hostPaths(target)).toEqual(['bound', 'bound/up', 'file'])
  }))

it('S31 a link that comes out of a container is written as a link, and not through one', () =>
  guarded(async ({ target, outside }) => {
    mkdirSync(target)
    const { engine } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({ image: 'app', hold: true })
    await box.start()
    await box.filesystem((fs) => {
      fs.mkdir('/srv/d')
      fs.symlink(outside, '/srv/d/a')
      fs.mkdir('/srv/e')
      fs.mkdir('/srv/e/a')
      fs.writeFile('/srv/e/a/secret', 'overwritten')
    })
    await box.copyOut('/srv/d/.', target)
    // The second copy meets the link that the first one left.
    expect(await containerCode(box.copyOut('/srv/e/.', target))).toBe('COPY_DIR_OVER_FILE')
    expect(hostPaths(target)).toEqual(['a'])
  }))

it('S31 nothing that happens in between is seen: a copy is one operation', () =>
  guarded(async ({ outside }) => {
    const { engine, another } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({ name: 'box', image: 'app', hold: true })
    await box.start()
    const other = await another().containers.get('box')
    // Many copies against many swaps of the folder that they go to, from two engines.
    const swap = (fs: Parameters<Parameters<typeof box.filesystem>[0]>[0]) => {
      fs.rm('/srv/d', { recursive: true, force: true })
      if (swaps++ % 2 === 0) fs.symlink(outside, '/srv/d')
      else fs.mkdir('/srv/d')
    }
    let swaps = 0
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? other.filesystem(swap).then(() => 'swapped')
          : containerCode(box.copyArchiveIn(archive(file('f', String(i))), '/srv/d')),
      ),
    )
    for (const code of codes)
      expect(['swapped', 'no error', 'PATH_NOT_FOUND', 'NOT_A_DIRECTORY', 'COPY_DESTINATION_DIR_MISSING']).toContain(code)
    expect(await box.filesystem((fs) => fs.exists(outside))).toBe(false)
  }))
