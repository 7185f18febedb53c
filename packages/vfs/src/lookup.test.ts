import {
  applyChanges,
  dirInode,
  emptySnapshot,
  fileInode,
  type Inode,
  lookup,
  resolvePath,
  symlinkInode,
  textContent,
  walk,
} from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const file = fileInode(textContent('x'))
const tree = dirInode(
  new Map<string, Inode>([
    ['z', file],
    [
      'a',
      dirInode(
        new Map<string, Inode>([
          ['f', file],
          ['out', symlinkInode('../../../../z')],
          ['self', symlinkInode('/a')],
        ]),
      ),
    ],
    ['a-b', file],
    ['loop', symlinkInode('loop')],
    ['gone', symlinkInode('nowhere')],
  ]),
)

describe('lookup', () => {
  it('resolves inside the root', () => {
    expect(lookup(tree, '/a/out')).toBe(file)
    expect(lookup(tree, 'a/self/self/../z')).toBe(file)
    expect(lookup(tree, '/a/out', { follow: false })?.type).toBe('symlink')
    expect(lookup(tree, '/')).toBe(tree)
    expect(lookup(tree, '..')).toBe(tree)
    expect(resolvePath(tree, '/a/self/out')?.path).toBe('/z')
  })

  it('finds what the walker finds, whatever the path', () => {
    const names = fc.constantFrom('z', 'a', 'f', 'out', 'self', 'a-b', 'gone', 'none', '.', '..', '')
    const paths = fc.array(names, { maxLength: 5 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(paths, fc.constantFrom('', '/', '//'), fc.boolean(), (path, lead, follow) => {
        expect(lookup(tree, lead + path, { follow })).toBe(resolvePath(tree, lead + path, { follow })?.inode)
      }),
    )
  })

  it('gives undefined for what is not there, and throws for what cannot be answered', () => {
    for (const path of ['/none', '/z/x', '/z/', '/gone', '/none/..', '', '/__proto__', '/constructor'])
      expect(lookup(tree, path)).toBeUndefined()
    expect(() => lookup(tree, '/loop')).toThrow('ELOOP')
    expect(() => lookup(tree, `/${'x'.repeat(256)}`)).toThrow('ENAMETOOLONG')
    expect(() => lookup(tree, '/a\0')).toThrow('EINVAL')
  })

  it('does not run away with links that multiply', () => {
    const entries = new Map<string, Inode>([['l0', dirInode()]])
    for (let i = 1; i < 60; i++) entries.set(`l${i}`, symlinkInode(`l${i - 1}/../`.repeat(300).concat(`l${i - 1}`)))
    expect(() => lookup(dirInode(entries), '/l59')).toThrow(/ELOOP|ENAMETOOLONG/)
  })
})

describe('walk', () => {
  it('goes parents first, siblings by their bytes', () => {
    expect([...walk(tree)].map(({ path }) => path)).toEqual(['a', 'a/f', 'a/out', 'a/self', 'a-b', 'gone', 'loop', 'z'])
    expect([...walk(tree, ({ path }) => path !== 'a')].map(({ path }) => path)).toEqual(['a', 'a-b', 'gone', 'loop', 'z'])
  })

  it('takes a tree as deep as memory allows', () => {
    let deep = dirInode()
    for (let i = 0; i < 3_000; i++) deep = dirInode(new Map([['d', deep]]))
    expect([...walk(deep)]).toHaveLength(3_000)
  })
})

describe('applyChanges', () => {
  it('acts on names only, makes missing parents and keeps what a directory holds', () => {
    const out = applyChanges(tree, [
      { path: 'a', inode: dirInode(new Map(), { mode: 0o700 }) },
      { path: 'a/self', inode: null },
      { path: 'gone/x', inode: file },
      { path: 'not/there', inode: null },
      { path: 'new/deep/f', inode: file },
      { path: 'z', inode: dirInode() },
    ])
    expect([...walk(out)].map(({ path, inode }) => `${path} ${inode.type}`)).toEqual([
      'a dir',
      'a/f file',
      'a/out symlink',
      'a-b file',
      'gone dir',
      'gone/x file',
      'loop symlink',
      'new dir',
      'new/deep dir',
      'new/deep/f file',
      'z dir',
    ])
    expect(lookup(out, '/a')?.mode).toBe(0o700)
    expect(lookup(tree, '/a')?.mode).toBe(0o755)
  })

  it('refuses paths that are none', () => {
    for (const path of ['', '/a', 'a//b', '../a', 'a/.', 'a/'])
      expect(() => applyChanges(emptySnapshot(), [{ path, inode: null }])).toThrow('EINVAL')
  })
})
