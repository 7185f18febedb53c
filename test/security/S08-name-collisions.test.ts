/** S8 (CVE-2026-23950): names that a host takes for one are reported there, before anything is written, and are two names everywhere else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeHostTree } from '@layerwright/vfs/node'
import { expect, it } from 'vitest'
import { codeOf, dir, extract, file, guarded, hostPaths, layer, link, treeOf } from './support.js'

const PAIRS = [
  ['case', 'README', 'readme'],
  ['the writing of an accent', 'caf\u00e9', 'cafe\u0301'],
  ['both', 'CAF\u00c9', 'cafe\u0301'],
  ['a letter with two capitals', 'stra\u00dfe', 'STRASSE'],
  ['a ligature', '\ufb01le', 'file'],
  ['the Kelvin sign', '\u212a', 'k'],
] as const

it.each(PAIRS)('S8 two names that differ in %s are one on macOS and Windows', (_, one, other) =>
  guarded(async ({ target, outside }) => {
    // The race that was won: a link under one spelling, a file through the other.
    const tree = treeOf(await layer(dir('d'), link(`d/${one}`, outside), file(`d/${other}`, 'x')))
    for (const platform of ['darwin', 'win32'] as const) {
      await expect(writeHostTree(tree, target, { platform })).rejects.toMatchObject({
        code: 'NAME_COLLISION',
        path: expect.stringMatching(/^d\//),
        other: expect.stringMatching(/^d\//),
      })
      expect(hostPaths(target)).toEqual([])
    }
  }),
)

it.each(PAIRS)('S8 and two on Linux: %s', (_, one, other) =>
  guarded(async ({ target }) => {
    const tree = await extract(target, [[file(one, '1'), file(other, '2')]], { platform: 'linux' })
    expect([...tree.entries.keys()].sort()).toEqual([one, other].sort())
    // Where this test runs on a host that folds, the host itself says so.
    if (process.platform === 'linux') expect([one, other].map((name) => readFileSync(join(target, name), 'utf8'))).toEqual(['1', '2'])
  }),
)

it('S8 names that only look alike in other folders collide with nobody', () =>
  guarded(async ({ target }) => {
    expect(await codeOf(() => extract(target, [[file('a/X'), file('b/x')]], { platform: 'darwin' }))).toBe('ok')
  }))
