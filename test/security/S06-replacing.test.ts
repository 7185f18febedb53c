/** S6 (CVE-2018-20834, CVE-2021-37701, CVE-2021-37712): nothing that is known of a path outlives an entry; a link that is replaced is broken first. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dir, extract, file, guarded, hard, hostPaths, link, textIn } from './support.js'

it('S6 a file over a hard link leaves the other name alone', () =>
  guarded(async ({ target }) => {
    await extract(target, [[file('a', 'first'), hard('b', 'a'), file('b', 'second')]])
    expect([readFileSync(join(target, 'a'), 'utf8'), readFileSync(join(target, 'b'), 'utf8')]).toEqual(['first', 'second'])
    expect(statSync(join(target, 'a')).nlink).toBe(1)
  }))

it('S6 a directory that becomes a link is no directory any more for the next entry', () =>
  guarded(async ({ target, outside }) => {
    // The cache of directories that was poisoned: `d` is known to be one when the link takes its place.
    await extract(target, [[dir('d'), file('d/x'), link('d', outside), file('d/secret', 'poisoned')]])
    expect(hostPaths(target).filter((path) => /secret$/.test(path))).toEqual([`${outside.slice(1)}/secret`])
  }))

it('S6 the same with a name that differs in how its accent is written', () =>
  guarded(async ({ target, outside }) => {
    const tree = await extract(target, [[dir('caf\u00e9'), link('cafe\u0301', outside), file('caf\u00e9/secret', 'mine')]])
    expect(await textIn(tree, 'caf\u00e9/secret')).toBe('mine')
  }))

it('S6 a link that becomes a directory leads nowhere', () =>
  guarded(async ({ target, outside }) => {
    await extract(target, [[link('d', outside), dir('d'), file('d/secret', 'inside')]])
    expect(readFileSync(join(target, 'd/secret'), 'utf8')).toBe('inside')
    expect(hostPaths(target)).toEqual(['d', 'd/secret'])
  }))

it('S6 the later of two entries stays, and takes what was below with it', () =>
  guarded(async ({ target }) => {
    await extract(target, [[file('a', '1'), dir('d'), file('d/x'), file('a', '2'), file('d', 'now a file')]])
    expect([readFileSync(join(target, 'a'), 'utf8'), hostPaths(target)]).toEqual(['2', ['a', 'd']])
  }))
