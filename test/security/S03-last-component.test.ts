/** S3: the last component is not followed; link targets are stored verbatim, however many `..` they have. */
import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { layerSnapshot, storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { emptySnapshot, lookup, upperChanges } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { codeOf, dir, extract, file, guarded, hostPaths, layer, link, treeOf } from './support.js'

// As a Java runtime ships them: many more `..` than the path has levels, and a certificate store far away.
const HONEST = [
  ['usr/lib/jvm/corretto/lib/security/cacerts', '../../../../../../etc/pki/java/cacerts'],
  ['usr/lib/jvm/corretto/include', '../../../../../../../../../usr/include'],
  ['bin/sh', '/bin/busybox'],
  ['dangling', '../../../../nowhere/at/all'],
  ['odd', './a/.././/b'],
] as const

it('S3 links are stored, packed and written verbatim', () =>
  guarded(async ({ target }) => {
    const tree = await extract(target, [HONEST.map(([name, to]) => link(name, to))])
    const again = layerSnapshot([await storeLayer(memoryStore(), upperChanges(emptySnapshot(), tree))])
    for (const [name, to] of HONEST) {
      expect(lookup(again, `/${name}`, { follow: false })).toMatchObject({ type: 'symlink', target: to })
      expect(readlinkSync(join(target, name))).toBe(to)
    }
  }))

it('S3 a link to itself is a link, and only who walks through it fails', () =>
  guarded(async ({ target }) => {
    await extract(target, [[link('dash', 'dash'), link('a', 'b'), link('b', 'a')]])
    expect([readlinkSync(join(target, 'dash')), hostPaths(target)]).toEqual(['dash', ['a', 'b', 'dash']])
    const looped = await layer(link('a', 'b'), link('b', 'a'), file('a/x'))
    expect(await codeOf(() => treeOf(looped))).toBe('LAYER_SYMLINK_LOOP')
  }))

it('S3 an entry replaces a link of its name instead of going through it', () =>
  guarded(async ({ target, outside, secret }) => {
    const tree = await extract(target, [
      [link('etc', outside), file('etc2', 'x'), link('passwd', secret), file('passwd', 'mine'), link('d', outside), dir('d')],
    ])
    expect(lookup(tree, '/passwd', { follow: false })?.type).toBe('file')
    expect(lookup(tree, '/d', { follow: false })?.type).toBe('dir')
  }))
