/** Copy-up, hard links and what counts as a change: the rules one by one. */
import {
  contentDigestSync,
  copyTree,
  createOverlay,
  dirInode,
  emptySnapshot,
  fileInode,
  type Inode,
  limits,
  lookup,
  type Overlay,
  readAll,
  type Snapshot,
  symlinkInode,
  textContent,
  treeDigest,
} from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'

const T0 = 1_600_000_000_000_000_000n

function lower(): Snapshot {
  const pair = fileInode(textContent('pair'), { mtimeNs: T0 })
  const dir = dirInode(
    new Map<string, Inode>([
      ['one', fileInode(textContent('1'), { mtimeNs: T0 })],
      ['pair-b', pair],
    ]),
    { mtimeNs: T0 },
  )
  return dirInode(
    new Map<string, Inode>([
      ['dir', dir],
      ['file', fileInode(textContent('file'), { mode: 0o4755, mtimeNs: T0 })],
      ['link', symlinkInode('file', { mtimeNs: T0 })],
      ['pair-a', pair],
    ]),
  )
}

const paths = (overlay: Overlay) =>
  overlay
    .changes()
    .map(({ path, inode, repeated }) => `${path}${inode ? (inode.type === 'dir' ? '/' : '') : ' gone'}${repeated ? ' repeated' : ''}`)
const lines = (overlay: Overlay) => overlay.diff().map(({ kind, path }) => `${kind} ${path}`)
const text = async (overlay: Overlay, path: string) => new TextDecoder().decode(await overlay.readFile(path))

describe('what is a change', () => {
  it('reading, failing and writing nothing are none', () => {
    const overlay = createOverlay(lower())
    overlay.stat('/dir/one')
    overlay.readdir('/dir')
    overlay.writeAt('/file', 0, new Uint8Array(0))
    overlay.writeFile('/file', '', { flag: 'a' })
    expect(() => overlay.rmdir('/dir')).toThrow('ENOTEMPTY')
    expect(() => overlay.rename('/dir', '/file')).toThrow('ENOTDIR')
    expect(overlay.freeze()).toBe(overlay.lower)
    expect(paths(overlay)).toEqual([])
  })

  it('a chmod to the same mode is copied up, but no difference', () => {
    const overlay = createOverlay(lower())
    overlay.chmod('/dir/one', 0o644)
    expect(paths(overlay)).toEqual(['dir/ repeated', 'dir/one'])
    expect(lines(overlay)).toEqual([])
    const dirs = createOverlay(lower())
    dirs.chmod('/dir', 0o755)
    expect(paths(dirs)).toEqual(['dir/'])
  })

  it('a new time is a change, the old time again is none', () => {
    const overlay = createOverlay(lower())
    overlay.utimes('/dir/one', T0 + 1n)
    expect(lines(overlay)).toEqual(['C /dir', 'C /dir/one'])
    overlay.utimes('/dir/one', T0)
    expect(lines(overlay)).toEqual([])
  })

  it('create and delete leaves nothing but a touched directory; a rebuilt directory shows what is missing', () => {
    const overlay = createOverlay(lower())
    overlay.writeFile('/dir/new', '')
    overlay.unlink('/dir/new')
    expect(lines(overlay)).toEqual([])
    overlay.rm('/dir', { recursive: true })
    expect([lines(overlay), paths(overlay)]).toEqual([['D /dir'], ['dir gone']])
    overlay.mkdir('/dir')
    expect(lines(overlay)).toEqual(['C /dir', 'D /dir/one', 'D /dir/pair-b'])
    expect(paths(overlay)).toEqual(['dir/', 'dir/one gone', 'dir/pair-b gone'])
  })

  it('type changes are C, without lines for what was below', () => {
    const overlay = createOverlay(lower())
    overlay.rm('/dir', { recursive: true })
    overlay.writeFile('/dir', '')
    overlay.unlink('/file')
    overlay.mkdir('/file')
    overlay.writeFile('/file/x', '')
    expect(lines(overlay)).toEqual(['C /dir', 'C /file', 'A /file/x'])
    expect(paths(overlay)).toEqual(['dir', 'file/', 'file/x'])
  })

  it('moving a lower directory away and back is no difference, and all of it is in the layer', () => {
    const overlay = createOverlay(lower())
    overlay.rename('/dir', '/moved')
    expect(lines(overlay)).toEqual(['D /dir', 'A /moved', 'A /moved/one', 'A /moved/pair-b'])
    overlay.rename('/moved', '/dir')
    expect(lines(overlay)).toEqual([])
    expect(paths(overlay)).toEqual(['dir/ repeated', 'dir/one', 'dir/pair-b'])
  })
})

describe('hard links', () => {
  it('a write through one name of a lower pair splits it', async () => {
    const overlay = createOverlay(lower())
    expect([overlay.stat('/pair-a').nlink, overlay.stat('/pair-a').ino === overlay.stat('/dir/pair-b').ino]).toEqual([2, true])
    overlay.writeFile('/pair-a', '!', { flag: 'a' })
    expect([await text(overlay, '/pair-a'), await text(overlay, '/dir/pair-b')]).toEqual(['pair!', 'pair'])
    expect(overlay.stat('/pair-a').ino).not.toBe(overlay.stat('/dir/pair-b').ino)
    overlay.writeFile('/dir/pair-b', '?', { flag: 'a' })
    expect([await text(overlay, '/pair-a'), await text(overlay, '/dir/pair-b')]).toEqual(['pair!', 'pair?'])
    expect(overlay.stat('/pair-a').ino).not.toBe(overlay.stat('/dir/pair-b').ino)
  })

  it('a link to a lower file shares later writes, across freezes and renames of the directory above', async () => {
    const overlay = createOverlay(lower())
    overlay.link('/dir/one', '/two')
    const first = overlay.freeze()
    overlay.writeFile('/two', '2', { flag: 'a' })
    const second = overlay.freeze()
    overlay.rename('/dir', '/moved')
    overlay.freeze()
    overlay.writeFile('/moved/one', '3', { flag: 'a' })
    expect([await text(overlay, '/two'), await text(overlay, '/moved/one'), overlay.stat('/two').nlink]).toEqual(['123', '123', 2])
    for (const [tree, expected] of [
      [first, '1'],
      [second, '12'],
    ] as const) {
      for (const path of ['/two', '/dir/one']) {
        const inode = lookup(tree, path)
        expect(inode?.type === 'file' && new TextDecoder().decode(await readAll(inode.content))).toBe(expected)
      }
      expect(lookup(tree, '/two')).toBe(lookup(tree, '/dir/one'))
    }
    const inodes = overlay.changes().flatMap(({ path, inode }) => (/two|moved\/one/.test(path) ? [inode] : []))
    expect(inodes).toHaveLength(2)
    expect(inodes[0]).toBe(inodes[1])
  })

  it('a name that is gone, with its directory or alone, is not counted any more', () => {
    const overlay = createOverlay(emptySnapshot())
    overlay.mkdir('/d/e', { recursive: true })
    overlay.writeFile('/a', 'x')
    overlay.link('/a', '/d/e/b')
    overlay.link('/a', '/d/c')
    expect(overlay.stat('/a').nlink).toBe(3)
    overlay.rm('/d', { recursive: true })
    expect(overlay.stat('/a').nlink).toBe(1)
    overlay.writeFile('/a', 'y')
    expect(overlay.readdir('/')).toEqual([{ name: 'a', type: 'file' }])
  })
})

describe('inode numbers', () => {
  it('stay over copy-up and freeze', () => {
    const overlay = createOverlay(lower())
    const before = ['/', '/dir', '/file'].map((path) => overlay.stat(path).ino)
    overlay.writeFile('/dir/new', '')
    overlay.chmod('/file', 0o600)
    overlay.freeze()
    overlay.chmod('/file', 0o644)
    expect(['/', '/dir', '/file'].map((path) => overlay.stat(path).ino)).toEqual(before)
    expect(new Set(before).size).toBe(3)
  })

  it('of a stat that was taken before a copy-up are right when they are read after it', () => {
    const overlay = createOverlay(lower())
    const before = overlay.stat('/file')
    overlay.chmod('/file', 0o600)
    expect(before.ino).toBe(overlay.stat('/file').ino)
  })
})

describe('graft', () => {
  it('copies a tree with new identities, keeping attributes and links', async () => {
    const tree = lower()
    const overlay = createOverlay(emptySnapshot())
    overlay.graft('/x', tree)
    overlay.graft('/y', tree)
    overlay.chmod('/x/pair-a', 0o600)
    expect([overlay.stat('/x/dir/pair-b').mode, overlay.stat('/y/pair-a').mode, overlay.stat('/y/pair-a').nlink]).toEqual([0o600, 0o644, 2])
    expect(overlay.stat('/y/file')).toMatchObject({ mode: 0o4755, mtimeNs: T0 })
    const { entries } = overlay.freeze()
    expect(await treeDigest(entries.get('y')!, 'exact')).toBe(await treeDigest(tree, 'exact'))
    expect(() => overlay.graft('/x', tree)).toThrow('EEXIST')
  })

  it.each([undefined, 'none'] as const)('a copy without links in it is like every directory (links: %s)', async (links) => {
    const tree = dirInode(
      new Map<string, Inode>([
        ['dir', dirInode(new Map([['one', fileInode(textContent('1'))]]))],
        ['two', fileInode(textContent('2'))],
      ]),
    )
    const overlay = createOverlay(emptySnapshot())
    for (const path of ['/x', '/y']) overlay.graft(path, tree, links)
    const files = ['/x/dir/one', '/x/two', '/y/dir/one', '/y/two']
    expect(new Set(files.map((path) => overlay.stat(path).ino)).size).toBe(4)
    expect(files.map((path) => overlay.stat(path).nlink)).toEqual([1, 1, 1, 1])
    const before = overlay.freeze()
    const digests = async (of: Snapshot) => [await treeDigest(lookup(of, '/x')!, 'exact'), await treeDigest(lookup(of, '/y')!, 'exact')]
    const own = await treeDigest(tree, 'exact')
    expect(await digests(before)).toEqual([own, own])
    overlay.writeAt('/x/dir/one', 1, new Uint8Array([50]))
    overlay.rename('/x/dir', '/x/moved')
    overlay.unlink('/x/two')
    overlay.link('/y/two', '/y/dir/again')
    overlay.writeAt('/y/two', 1, new Uint8Array([51]))
    const text = async (path: string) => new TextDecoder().decode(await readAll(overlay.open(path)))
    expect(await Promise.all(['/x/moved/one', '/y/dir/one', '/y/dir/again', '/y/two'].map(text))).toEqual(['12', '1', '23', '23'])
    expect(overlay.readdir('/x').map(({ name }) => name)).toEqual(['moved'])
    expect([await digests(before), await treeDigest(tree, 'exact')]).toEqual([[own, own], own])
    const [x, y] = await digests(overlay.freeze())
    expect(new Set([x, y, own]).size).toBe(3)
    expect(overlay.changes().map(({ path }) => path)).toEqual([
      'x',
      'x/moved',
      'x/moved/one',
      'y',
      'y/dir',
      'y/dir/again',
      'y/dir/one',
      'y/two',
    ])
  })

  it('refuses a tree that is too deep', () => {
    let tree: Inode = fileInode(textContent('end'))
    for (let i = 0; i <= limits.treeDepth + 1; i++) tree = dirInode(new Map([['d', tree]]))
    const overlay = createOverlay(emptySnapshot())
    expect(() => overlay.graft('/x', tree)).toThrow(expect.objectContaining({ code: 'ENAMETOOLONG' }))
    expect(overlay.exists('/x')).toBe(false)
  })

  it('copyTree changes attributes and keeps links', () => {
    const copy = copyTree(lower(), (inode) => ({ uid: inode.uid + 7 }))
    expect(lookup(copy, '/pair-a')).toBe(lookup(copy, '/dir/pair-b'))
    expect(lookup(copy, '/dir/one')).toMatchObject({ uid: 7, mtimeNs: T0 })
  })
})

describe('digests', () => {
  it('see everything that counts, and times only when asked to', async () => {
    const base = lower()
    const change = async (work: (overlay: Overlay) => void) => {
      const overlay = createOverlay(base)
      work(overlay)
      overlay.utimes('/', base.mtimeNs)
      const tree = overlay.freeze()
      return [
        (await treeDigest(tree, 'selection')) !== (await treeDigest(base, 'selection')),
        (await treeDigest(tree, 'exact')) !== (await treeDigest(base, 'exact')),
      ]
    }
    expect(await change(() => {})).toEqual([false, false])
    expect(await change((fs) => fs.utimes('/dir/one', 5n))).toEqual([false, true])
    expect(await change((fs) => fs.chmod('/dir/one', 0o600))).toEqual([true, true])
    expect(await change((fs) => fs.chown('/dir', 1, 0))).toEqual([true, true])
    expect(await change((fs) => fs.setxattr('/file', 'user.a', new Uint8Array([1])))).toEqual([true, true])
    expect(await change((fs) => fs.rename('/file', '/file2'))).toEqual([true, true])
    // The same names and bytes, but the pair is no pair any more.
    const split = await change((fs) => fs.chmod('/pair-a', 0o644))
    expect(split).toEqual([true, true])
    expect(contentDigestSync(textContent('abc'))).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('can be stopped', async () => {
    const overlay = createOverlay(emptySnapshot())
    overlay.writeFile('/f', 'x')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(treeDigest(overlay.freeze(), 'exact', { signal })).rejects.toThrow('enough')
  })

  it('names cannot be confused with one another', async () => {
    const tree = (entries: [string, string][]) => dirInode(new Map(entries.map(([name, target]) => [name, symlinkInode(target)])))
    const digests = await Promise.all(
      [
        tree([['a', 'b\n1"c"']]),
        tree([
          ['a', 'b'],
          ['c', ''],
        ]),
        tree([['a"', 'b']]),
        tree([['a', '"b']]),
      ].map((each) => treeDigest(each, 'exact')),
    )
    expect(new Set(digests).size).toBe(4)
  })
})
