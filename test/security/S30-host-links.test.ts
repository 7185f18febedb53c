/** S30 (CVE-2026-41579, CVE-2026-41568): nothing of ours follows a link of an image, a container or a bound folder on the host. */
import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { nodeHost } from '@layerwright/container/node'
import { memoryStore } from '@layerwright/store'
import { expect, it } from 'vitest'
import { codeOf as containerCode, fixture, putImage, textOf } from '../../packages/container/test/fixture.js'
import { codeOf, guarded, hostPaths } from './support.js'

it('S30 an image whose /dev, /proc, /sys and /etc lead to the host starts, and writes to itself', () =>
  guarded(async ({ outside }) => {
    const { engine, store } = await fixture({ host: nodeHost() })
    await putImage(store, 'hostile', {}, (fs) => {
      for (const name of ['/dev', '/proc', '/sys', '/run']) fs.symlink(outside, name)
    })
    const box = await engine.containers.create({ image: 'hostile', hold: true, workdir: '/dev/made' })
    await box.start()
    await box.filesystem((fs) => {
      for (const path of ['/dev/secret', '/proc/secret', '/sys/planted', '/run/planted']) {
        try {
          fs.writeFile(path, 'mine')
        } catch (error) {
          // Where these links lead in the container there is nothing, or a read-only mount of the engine.
          expect(error).toMatchObject({ code: expect.stringMatching(/^(EROFS|ENOENT)$/) })
        }
      }
    })
    await box.stop()
    // The working directory was made in the container, by whatever way `/dev` led there.
    expect((await box.diff()).filter(({ path }) => /\/made$/.test(path))).toHaveLength(1)
  }))

it('S30 links in a bound folder resolve inside the container', () =>
  guarded(async ({ target, outside }) => {
    mkdirSync(target)
    symlinkSync('../outside/secret', join(target, 'relative'))
    symlinkSync(outside, join(target, 'absolute'))
    const { engine } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({ image: 'app', hold: true, volumes: [`${target}:/m`] })
    await box.start()
    await box.filesystem((fs) => {
      for (const path of ['/m/relative', '/m/absolute/secret']) {
        expect(fs.exists(path)).toBe(false)
        expect(() => fs.open(path)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
      }
      expect(() => fs.writeFile('/m/absolute/planted', 'x')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
      fs.writeFile('/m/new', 'x')
      fs.rename('/m/new', '/m/relative')
      fs.rm('/m/absolute', { recursive: true })
    })
    expect(hostPaths(target)).toEqual(['relative'])
  }))

it('S30 a container that swaps a folder of its bind between two calls reaches nothing', () =>
  guarded(async ({ target, outside }) => {
    mkdirSync(join(target, 'd'), { recursive: true })
    const { engine } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({ image: 'app', hold: true, volumes: [`${target}:/m`] })
    await box.start()
    await box.filesystem((fs) => {
      fs.rmdir('/m/d')
      fs.symlink(outside, '/m/d')
      expect(() => fs.writeFile('/m/d/planted', 'x')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
      expect(() => fs.rm('/m/d/secret')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    })
    expect(readlinkSync(join(target, 'd'))).toBe(outside)
    writeFileSync(join(target, 'file'), 'f')
    expect(await containerCode(box.copyIn(join(target, 'file'), '/m/d/secret'))).toBe('PATH_NOT_FOUND')
  }))

it('S30 a build context reads no file through a link that leaves it', () =>
  guarded(async ({ target, secret }) => {
    mkdirSync(target)
    writeFileSync(join(target, 'Dockerfile'), 'FROM scratch\nCOPY . /\n')
    symlinkSync(secret, join(target, 'absolute'))
    symlinkSync('../outside/secret', join(target, 'relative'))
    symlinkSync('../outside', join(target, 'folder'))
    const made = await build({ context: hostContext(target), store: memoryStore() })
    expect(made.steps.at(-1)?.outcome).toBe('ran')
    for (const source of ['absolute', 'relative', 'folder/secret', '../outside/secret', 'folder']) {
      const dockerfileText = `FROM scratch\nCOPY ${source} /got\n`
      const copied = build({ context: hostContext(target), store: memoryStore(), dockerfileText })
      expect(await codeOf(() => copied), source).toMatch(/^(SOURCE_NOT_FOUND|ok)$/)
    }
    for (const dockerfile of ['absolute', 'relative', 'folder/secret', '../outside/secret', secret])
      expect(await codeOf(() => build({ context: hostContext(target), store: memoryStore(), dockerfile })), dockerfile).toBe(
        'DOCKERFILE_NOT_FOUND',
      )
  }))

it('S30 the text of the container’s own files is never the host’s', () =>
  guarded(async ({ secret }) => {
    const { engine, store } = await fixture({ host: nodeHost() })
    await putImage(store, 'hostile', {}, (fs) => {
      fs.symlink(secret, '/etc/hosts')
      fs.symlink(secret, '/etc/resolv.conf')
      fs.symlink(secret, '/etc/hostname')
    })
    const box = await engine.containers.create({ image: 'hostile', hold: true })
    await box.start()
    for (const path of ['/etc/hosts', '/etc/resolv.conf', '/etc/hostname']) {
      const text = await box.filesystem((fs) => (fs.exists(path) ? textOf(fs, path) : ''))
      expect(text).not.toContain('keeps this to itself')
    }
  }))
