/** S1 (CVE-2021-29136): the root may only ever be a directory; any other type for `.` or `/` is an error. */
import { readTar } from '@layerwright/layer'
import { expect, it } from 'vitest'
import { archive, archiveTree, codeOf, extract, file, guarded, hostPaths, layer, paths, treeOf } from './support.js'

const TYPES = [
  ['a symlink', '2'],
  ['a hard link', '1'],
  ['a file', '0'],
  ['a character device', '3'],
  ['a block device', '4'],
  ['a fifo', '6'],
] as const
// A file whose name ends in a slash is a directory in the oldest tars, so such a name is no case for files.
const CASES = ['.', './', '/', 'a/..'].flatMap((name) =>
  TYPES.filter(([, type]) => type !== '0' || name.at(-1) !== '/').map(([what, type]) => [name, what, type] as const),
)

it.each(CASES)('S1 %j as %s is refused in layers and archives, and nothing is written', (name, _, type) =>
  guarded(async ({ target, outside }) => {
    const root = { name, type, link: type === '1' ? 'a' : outside }
    expect(await codeOf(() => extract(target, [[file('a'), root, file('planted')]]))).toBe('LAYER_ROOT_TYPE')
    expect(await codeOf(async () => archiveTree(await readTar(archive(file('a'), root))))).toBe('LAYER_ROOT_TYPE')
    expect(hostPaths(target)).toEqual([])
  }),
)

it('S1 the root as a directory may have its attributes set', async () => {
  const tree = treeOf(await layer({ name: './', type: '5', mode: 0o700 }, file('a')))
  expect([tree.type, tree.mode, paths(tree)]).toEqual(['dir', 0o700, ['a']])
})
