/** S13 (stereoscope#694): whiteouts and opaque markers act on names only, never through a link. */
import { applyLayer } from '@layerwright/layer'
import { expect, it } from 'vitest'
import { listing } from '../../packages/layer/test/support.js'
import { dir, extract, file, guarded, hostPaths, layer, link, paths, treeOf } from './support.js'

const lower = async (outside = '/d') =>
  treeOf(await layer(dir('d'), file('d/a'), file('d/b'), dir('e'), file('e/a'), link('l', 'd'), link('out', outside), file('f')))

it.each([
  ['an opaque marker', ['l/.wh..wh..opq']],
  ['a whiteout', ['l/.wh.a']],
  ['both', ['l/.wh..wh..opq', 'l/.wh.a', 'l/.wh.b']],
  ['whiteouts through a link to the host', ['out/.wh.secret', 'out/.wh..wh..opq', 'out/folder/.wh.file']],
])('S13 %s below a link changes nothing', (_, names) =>
  guarded(async ({ target, outside }) => {
    const before = await lower(outside)
    const after = applyLayer(before, await layer(...names.map((name) => file(name, ''))))
    expect(listing(after)).toEqual(listing(before))
    await extract(target, [[link('out', outside)], names.map((name) => file(name, ''))])
    expect(hostPaths(target)).toEqual(['out'])
  }),
)

it('S13 a link of the same layer does not lead a whiteout away either', () =>
  guarded(async () => {
    const after = applyLayer(await lower(), await layer(link('new', 'd'), file('new/.wh.a', ''), file('new/.wh..wh..opq', '')))
    expect(paths(after)).toEqual(['d', 'd/a', 'd/b', 'e', 'e/a', 'f', 'l', 'new', 'out'])
  }))

it.each([
  ['before', [file('.wh.d', ''), dir('d'), file('d/new')]],
  ['after', [dir('d'), file('d/new'), file('.wh.d', '')]],
  ['as an opaque marker that comes first', [file('d/.wh..wh..opq', ''), file('d/new')]],
  ['as an opaque marker that comes last', [file('d/new'), file('d/.wh..wh..opq', '')]],
])('S13 a whiteout hides the lower and never what its own layer has, %s', (_, members) =>
  guarded(async () => {
    expect(paths(applyLayer(await lower(), await layer(...members)))).toEqual(['d', 'd/new', 'e', 'e/a', 'f', 'l', 'out'])
  }),
)

it('S13 a whiteout makes no directory of its own', () =>
  guarded(async () => {
    const before = await lower()
    const after = applyLayer(before, await layer(file('none/.wh.a', ''), file('none/x/.wh..wh..opq', ''), file('f/.wh.x', '')))
    expect(paths(after)).toEqual(paths(before))
    expect(paths(applyLayer(before, await layer(file('d/.wh.a', ''), file('.wh.f', ''))))).toEqual(['d', 'd/b', 'e', 'e/a', 'l', 'out'])
  }))
