/** S2 (CVE-2026-28406): an entry's parent is resolved by walking the tree; names are never joined to a path. */
import { readTar } from '@layerwright/layer'
import { expect, it } from 'vitest'
import { codeOf as containerCode, fixture } from '../../packages/container/test/fixture.js'
import { archive, archiveTree, codeOf, dir, extract, file, guarded, hostPaths, link, paths } from './support.js'

const CLIMBING = [
  '../outside/planted',
  '/../outside/planted',
  'a/../../outside/planted',
  './../outside/planted',
  'a/b/../../../outside/planted',
  '..',
]

it.each(CLIMBING)('S2 the name %j is refused', (name) =>
  guarded(async ({ target }) => {
    expect(await codeOf(() => extract(target, [[dir('a'), dir('a/b'), file(name)]]))).toBe('LAYER_PATH_CLIMBS')
    expect(hostPaths(target)).toEqual([])
  }),
)

it.each(CLIMBING)('S2 the name %j is refused by cp, and ADD keeps it below its destination', (name) =>
  guarded(async () => {
    const { engine } = await fixture()
    const box = await engine.containers.create({ image: 'app' })
    expect(await containerCode(box.copyArchiveIn(archive(file(name)), '/srv'))).toBe('COPY_PATH_ESCAPES')
    expect(await box.diff()).toEqual([])
    if (name === '..') return
    const clamped = archiveTree(await readTar(archive(file(name, 'x'))), 'clamp')
    expect(paths(clamped)).toContain('outside/planted')
  }),
)

it('S2 absolute names, dots and doubled slashes lie inside', () =>
  guarded(async ({ target }) => {
    await extract(target, [[file('/abs'), file('./dot'), file('a//b/./c'), file('x/../y')]])
    expect(hostPaths(target)).toEqual(['a', 'a/b', 'a/b/c', 'abs', 'dot', 'y'])
  }))

it('S2 the parent is what the tree has at that moment: a link leads on inside the root, a file is an error', () =>
  guarded(async ({ target, outside }) => {
    await extract(target, [[link('up', '../../../../etc'), file('up/passwd'), link('abs', outside), file('abs/secret', 'mine')]])
    expect(hostPaths(target).filter((path) => /passwd|secret/.test(path))).toEqual(['etc/passwd', `${outside.slice(1)}/secret`])
    expect(await codeOf(() => extract(`${target}2`, [[file('a'), file('a/b')]]))).toBe('LAYER_PARENT_NOT_DIRECTORY')
  }))
