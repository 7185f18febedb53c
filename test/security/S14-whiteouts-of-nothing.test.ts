/** S14: a whiteout with no name, of the root, of `.` or `..`, with a reserved name, or with something below it, is an error. */
import { applyLayer } from '@layerwright/layer'
import { expect, it } from 'vitest'
import { codeOf, dir, extract, file, guarded, hard, hostPaths, layer, link, paths, treeOf } from './support.js'

it.each([
  '.wh.',
  'd/.wh.',
  '/.wh.',
  './.wh.',
  '.wh..',
  'd/.wh..',
  '.wh...',
  'd/.wh...',
  '.wh..wh.x',
  '.wh..wh.',
  '.wh..wh..wh.a',
  '.wh.a/b',
  'd/.wh.x/y/z',
])('S14 %j is refused', (name) =>
  guarded(async ({ target }) => {
    for (const member of [file(name, ''), dir(name), link(name, 'a'), hard(name, 'a')]) {
      const code = await codeOf(() => extract(target, [[dir('d'), file('a')], [member]]))
      // As a hard link its own target is looked at first.
      expect(code).toBe('LAYER_WHITEOUT_INVALID')
    }
    expect(hostPaths(target)).toEqual([])
  }),
)

it('S14 a hard link to a whiteout is refused', () =>
  guarded(async ({ target }) => {
    expect(await codeOf(() => extract(target, [[file('.wh.a', ''), hard('b', '.wh.a')]]))).toBe('LAYER_LINK_TARGET')
    expect(hostPaths(target)).toEqual([])
  }))

it('S14 what aufs kept for itself is passed over, and hides nothing', () =>
  guarded(async () => {
    const lower = treeOf(await layer(file('a'), dir('plnk')))
    const tree = applyLayer(
      lower,
      await layer(file('.wh..wh.aufs', ''), dir('.wh..wh.plnk'), file('.wh..wh.plnk/1.2'), dir('.wh..wh.orph'), file('b')),
    )
    expect(paths(tree)).toEqual(['a', 'b', 'plnk'])
  }))

it('S14 an opaque root hides all of the lower, and stays a directory', () =>
  guarded(async () => {
    const lower = treeOf(await layer(file('a'), dir('d'), file('d/x')))
    const tree = applyLayer(lower, await layer(file('.wh..wh..opq', ''), file('b')))
    expect([tree.type, paths(tree)]).toEqual(['dir', ['b']])
  }))
