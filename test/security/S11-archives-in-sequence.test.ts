/** S11 (CVE-2025-45582): safety holds across several archives on one root: the first plants a link, the second goes through it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, memoryContext } from '@layerwright/build'
import { nodeHost } from '@layerwright/container/node'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { lookup } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { codeOf as containerCode, fixture } from '../../packages/container/test/fixture.js'
import { rawTar } from '../../packages/layer/test/support.js'
import { archive, codeOf, dir, extract, file, guarded, hard, hostPaths, link, textIn } from './support.js'

it('S11 layers: a name over a link of a lower layer takes its place', () =>
  guarded(async ({ target, outside }) => {
    const tree = await extract(target, [
      [link('x', outside), link('up', '../outside')],
      [file('x/secret', 'mine'), file('up/planted', 'mine')],
    ])
    expect(hostPaths(target)).toEqual(['up', 'up/planted', 'x', 'x/secret'])
    expect(readFileSync(join(target, 'x/secret'), 'utf8')).toBe('mine')
    expect(lookup(tree, '/x', { follow: false })?.type).toBe('dir')
  }))

it('S11 layers: three of them, with a chain of links and a hard link at its end', () =>
  guarded(async ({ target, outside }) => {
    const chain = [[link('a', outside)], [link('b', 'a')], [hard('c', 'b/secret')]]
    expect(await codeOf(() => extract(target, chain))).toBe('LAYER_LINK_TARGET')
    expect(hostPaths(target)).toEqual([])
  }))

it('S11 ADD: the second archive follows the link inside the image only', () =>
  guarded(async ({ outside, secret }) => {
    const context = memoryContext({
      Dockerfile: 'FROM scratch\nADD one.tar /\nADD two.tar /\n',
      'one.tar': rawTar(dir(outside.slice(1)), link('x', outside), link('y', '../../../..'), dir('z')),
      'two.tar': rawTar(file('x/secret', 'mine'), file('y/top', 'mine')),
    })
    const { image } = await build({ context, store: memoryStore() })
    const tree = layerSnapshot(image.unpacked)
    expect(await textIn(tree, secret.slice(1))).toBe('mine')
    expect(await textIn(tree, 'top')).toBe('mine')
  }))

it('S11 ADD: a link of the first archive to what only the host has leads the second nowhere', () =>
  guarded(async ({ outside }) => {
    const context = memoryContext({
      Dockerfile: 'FROM scratch\nADD one.tar /\nADD two.tar /\n',
      'one.tar': rawTar(link('x', outside)),
      'two.tar': rawTar(file('x/secret', 'mine')),
    })
    expect(await codeOf(() => build({ context, store: memoryStore() }))).toBe('CANNOT_REPLACE')
  }))

it('S11 cp: the second archive follows the link inside the container only', () =>
  guarded(async ({ outside }) => {
    const { engine } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({ image: 'app', hold: true })
    await box.start()
    await box.filesystem((fs) => fs.symlink(outside, '/srv/x'))
    const code = await containerCode(box.copyArchiveIn(archive(file('x/secret', 'mine')), '/srv'))
    expect(['no error', 'COPY_PATH_ESCAPES', 'PATH_NOT_FOUND', 'COPY_FILE_OVER_DIR', 'ENOENT']).toContain(code)
    expect(await box.filesystem((fs) => fs.readlink('/srv/x'))).toBe(outside)
  }))
