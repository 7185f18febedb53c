/** S7 (CVE-2026-23745, CVE-2026-26960): a hard link's target resolves once, from the root of the archive, to an entry that exists in the tree. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { applyLayer } from '@layerwright/layer'
import { expect, it } from 'vitest'
import { codeOf as containerCode, fixture } from '../../packages/container/test/fixture.js'
import { archive, codeOf, dir, extract, file, guarded, hard, hostPaths, layer, link, treeOf } from './support.js'

it.each(['../outside/secret', '../../etc/passwd', 'a/../../outside/secret', '/../etc/passwd'])(
  'S7 a target that climbs is refused: %s',
  (to) =>
    guarded(async ({ target }) => {
      expect(await codeOf(() => extract(target, [[dir('a'), hard('x', to)]]))).toBe('LAYER_PATH_CLIMBS')
      expect(hostPaths(target)).toEqual([])
      const { engine } = await fixture()
      const box = await engine.containers.create({ image: 'app' })
      expect(await containerCode(box.copyArchiveIn(archive(hard('x', to)), '/srv'))).toBe('COPY_PATH_ESCAPES')
      expect(await box.diff()).toEqual([])
    }),
)

it('S7 a target on the host is none, however it is spelled', () =>
  guarded(async ({ target, secret }) => {
    for (const to of [secret, secret.slice(1), 'none', 'd', '/', '.', 'later']) {
      expect(await codeOf(() => extract(target, [[dir('d'), hard('x', to), file('later')]])), to).toBe('LAYER_LINK_TARGET')
    }
    expect(hostPaths(target)).toEqual([])
  }))

it('S7 a chain of a symlink and a hard link ends at the symlink, not behind it', () =>
  guarded(async ({ target, secret }) => {
    const tree = await extract(target, [[link('s', secret), hard('h', 's'), hard('h2', 'h')]])
    expect(tree.entries.get('h')).toBe(tree.entries.get('s'))
    expect(tree.entries.get('h2')).toBe(tree.entries.get('s'))
    // Whoever writes to the name replaces the link.
    const written = applyLayer(tree, await layer(file('h', 'mine')))
    expect(written.entries.get('s')).toMatchObject({ type: 'symlink', target: secret })
  }))

it('S7 a target through a link of the archive is found inside the root, or not at all', () =>
  guarded(async ({ target, outside }) => {
    expect(await codeOf(() => extract(target, [[link('d', outside), hard('x', 'd/secret')]]))).toBe('LAYER_LINK_TARGET')
    expect(hostPaths(target)).toEqual([])
  }))

it('S7 an honest one shares the inode with an entry of its layer or of a lower one', () =>
  guarded(async ({ target }) => {
    const lower = treeOf(await layer(file('low')))
    const tree = applyLayer(lower, await layer(file('a'), hard('b', './a'), hard('c', '/low')))
    expect(tree.entries.get('a')).toBe(tree.entries.get('b'))
    expect(tree.entries.get('c')).toBe(tree.entries.get('low'))
    await extract(target, [[file('a', 'shared'), hard('b', './a')]])
    expect(statSync(join(target, 'a')).ino).toBe(statSync(join(target, 'b')).ino)
    expect(readFileSync(join(target, 'b'), 'utf8')).toBe('shared')
  }))
