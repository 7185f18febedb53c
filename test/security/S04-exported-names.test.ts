/** S4 (go-containerregistry#2227): what we write never has an absolute name, nor one with `..`; and no name that means a whiteout. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTar, writeLayer } from '@layerwright/layer'
import { dirInode, emptySnapshot, fileInode, type Inode, memoryContent, textContent, upperChanges } from '@layerwright/vfs'
import { writeHostTree } from '@layerwright/vfs/node'
import { expect, it } from 'vitest'
import { fixture } from '../../packages/container/test/fixture.js'
import { requireTool } from '../support/tools.js'
import { codeOf, guarded, hostPaths } from './support.js'

const tar = requireTool('tar')

it.each(['/abs', '../x', 'a/../b', '.', '..', '', 'a//b', 'a/', './a', 'a\0b'])('S4 a member named %j is refused', (path) =>
  guarded(async () => {
    const sink: Uint8Array[] = []
    const written = writeLayer([{ path, inode: fileInode(textContent('')) }], (bytes) => sink.push(bytes))
    expect(await codeOf(() => written)).toBe('LAYER_PATH_INVALID')
    expect(sink).toEqual([])
  }),
)

it.each(['.wh.a', 'd/.wh..wh..opq', '.wh.d/x'])('S4 a file named %j, which would remove something, is refused', (path) =>
  guarded(async () => {
    expect(await codeOf(() => writeLayer([{ path, inode: fileInode(textContent('')) }], () => {}))).toBe('LAYER_NAME_RESERVED')
  }),
)

// Trees are made by programs too: their names may be anything.
it.each(['..', '.', '', 'a/b', '../outside/planted', 'a\0b'])('S4 a tree with the name %j is neither packed nor written', (name) =>
  guarded(async ({ target }) => {
    const tree = dirInode(new Map<string, Inode>([[name, fileInode(textContent('x'))]]))
    if (name !== 'a/b') expect(await codeOf(() => writeLayer(upperChanges(emptySnapshot(), tree), () => {}))).toBe('LAYER_PATH_INVALID')
    expect(await codeOf(() => writeHostTree(tree, target))).toBe('EINVAL')
    expect(hostPaths(target)).toEqual([])
  }),
)

it('S4 an export of a tree full of climbing links has only clean names, and the next tool stays inside', () =>
  guarded(async ({ target, outside }) => {
    const { engine } = await fixture()
    const box = await engine.containers.create({ image: 'app', hold: true })
    await box.start()
    await box.filesystem((fs) => {
      fs.symlink(outside, '/srv/out')
      fs.symlink('../../../../../../..', '/srv/up')
      fs.mkdir('/srv/...')
      fs.writeFile('/srv/..name', 'x')
    })
    const parts: Uint8Array[] = []
    await box.export((bytes) => parts.push(bytes.slice()))
    const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer())
    for (const { name } of await readTar(memoryContent(bytes))) {
      expect(name).not.toMatch(/^\//)
      expect(name.split('/')).not.toContain('..')
    }
    mkdirSync(target)
    if (!tar) return
    writeFileSync(join(target, 'export.tar'), bytes)
    mkdirSync(join(target, 'unpacked'))
    execFileSync(tar, ['-xf', join(target, 'export.tar'), '-C', join(target, 'unpacked'), '--no-same-owner'])
    expect(hostPaths(join(target, 'unpacked'))).toContain('srv/up')
  }))
