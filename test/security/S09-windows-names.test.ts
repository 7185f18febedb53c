/** S9 (CVE-2026-31802, CVE-2026-29786): drive letters, UNC paths and backslashes are plain bytes inside, and refused where they mean something. */
import { nodeHost } from '@layerwright/container/node'
import { storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { emptySnapshot, upperChanges } from '@layerwright/vfs'
import { writeHostTree } from '@layerwright/vfs/node'
import { expect, it } from 'vitest'
import { fixture, textOf } from '../../packages/container/test/fixture.js'
import { archive, codeOf, extract, file, guarded, hard, hostPaths, layer, link, paths, treeOf } from './support.js'

const NAMES = [
  'C:',
  'C:x',
  'C:..',
  'c:..\\x',
  '..\\x',
  'a\\..\\..\\x',
  '\\\\host\\share',
  '\\\\?\\C:\\x',
  'x:stream',
  'NUL',
  'con.txt',
  'COM1',
  'x.',
  'x ',
  'a|b',
  'a\nb',
]

it.each(NAMES)('S9 %j is a name like any other inside', (name) =>
  guarded(async () => {
    const tree = treeOf(await layer(file(name, 'x')))
    expect(paths(tree)).toEqual([name])
    const again = await storeLayer(memoryStore(), upperChanges(emptySnapshot(), tree))
    expect(again.index.find(name)?.kind).toBe('file')
    const { engine } = await fixture({ host: nodeHost() })
    const box = await engine.containers.create({ image: 'app', hold: true })
    await box.copyArchiveIn(archive(file(name, 'x')), '/srv')
    await box.start()
    expect(await box.filesystem((fs) => textOf(fs, `/srv/${name}`))).toBe('x')
  }),
)

it.each(NAMES)('S9 %j is refused on a Windows host, before anything is written', (name) =>
  guarded(async ({ target }) => {
    const tree = treeOf(await layer(file('first'), file(`d/${name}`, 'x')))
    await expect(writeHostTree(tree, target, { platform: 'win32' })).rejects.toMatchObject({ code: 'EINVAL', path: `d/${name}` })
    expect(hostPaths(target)).toEqual([])
  }),
)

it.each(['C:../outside/secret', 'C:\\x', '..\\outside', '\\\\host\\share'])(
  'S9 the link target %j is verbatim inside, and refused on Windows',
  (to) =>
    guarded(async ({ target }) => {
      const tree = await extract(target, [[link('l', to)]], { platform: 'linux' })
      expect(tree.entries.get('l')).toMatchObject({ target: to })
      await expect(writeHostTree(tree, `${target}/new`, { platform: 'win32' })).rejects.toMatchObject({ code: 'EINVAL', path: 'l' })
      expect(hostPaths(target)).toEqual(['l'])
      // As a hard link's target it is a name, and there is no such entry.
      expect(await codeOf(async () => treeOf(await layer(hard('h', to))))).toMatch(/^LAYER_(LINK_TARGET|PATH_CLIMBS)$/)
    }),
)
