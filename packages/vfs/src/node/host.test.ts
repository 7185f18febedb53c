import { spawnSync } from 'node:child_process'
import * as host from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  contentDigestSync,
  createOverlay,
  type DirInode,
  dirInode,
  emptySnapshot,
  type FileInode,
  fifoInode,
  fileInode,
  type Inode,
  linkCounts,
  lookup,
  mountView,
  readAll,
  readAllSync,
  symlinkInode,
  textContent,
  treeDigestSync,
  walk,
} from '@layerwright/vfs'
import { hostContent, hostFolder, readHostTree, StatCache, type TreeFilter, writeHostTree } from '@layerwright/vfs/node'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

const scratch = host.mkdtempSync(join(tmpdir(), 'lw-host-'))
afterAll(() => {
  // Some trees were written with directories that not even their owner may change.
  spawnSync('chmod', ['-R', 'u+rwx', scratch])
  host.rmSync(scratch, { recursive: true, force: true })
})

let outer = ''
let folder = ''
beforeEach(() => {
  outer = host.mkdtempSync(join(scratch, 'case-'))
  folder = join(outer, 'folder')
  host.mkdirSync(folder)
  host.writeFileSync(join(outer, 'secret'), 'secret')
})

const linux = process.platform === 'linux'
const rootUser = process.getuid?.() === 0
const code = (work: () => unknown): string => {
  try {
    work()
    return 'ok'
  } catch (error) {
    return (error as { code: string }).code
  }
}
const paths = (tree: ReturnType<typeof readHostTree>) => [...walk(tree)].map(({ path }) => path)
/** Everything around the folder: what must never change. */
const surroundings = () => host.readdirSync(outer).map((name) => `${name} ${name === 'folder' ? '' : host.readFileSync(join(outer, name))}`)

describe('hostFolder', () => {
  it('S30: links in it are resolved in the view, never on the host', async () => {
    host.symlinkSync('../secret', join(folder, 'up'))
    host.symlinkSync(join(outer, 'secret'), join(folder, 'abs'))
    host.symlinkSync('..', join(folder, 'dir'))
    const before = surroundings()
    const overlay = createOverlay(emptySnapshot())
    overlay.writeFile('/secret', 'of the view')
    const view = mountView(overlay, [{ target: '/m', source: hostFolder(folder) }])
    expect(new TextDecoder().decode(await view.readFile('/m/up'))).toBe('of the view')
    expect(code(() => view.open('/m/abs'))).toBe('ENOENT')
    expect(view.readdir('/m/dir').map(({ name }) => name)).toEqual(['m', 'secret'])
    view.writeFile('/m/up', 'changed')
    expect(code(() => view.writeFile('/m/abs', 'changed'))).toBe('ENOENT')
    view.rm('/m/dir', { recursive: true })
    expect(surroundings()).toEqual(before)
  })

  it('S5 S12: a directory that is swapped for a link between two steps is not followed', () => {
    host.mkdirSync(join(folder, 'd'))
    host.mkdirSync(join(outer, 'target'))
    const driver = hostFolder(folder)
    const dir = driver.lookup(driver.root, 'd')!
    host.rmdirSync(join(folder, 'd'))
    host.symlinkSync('../target', join(folder, 'd'))
    expect(code(() => driver.create(dir, 'f', { type: 'file', content: textContent('x') }, 0o644))).toBe('ENOTDIR')
    expect(code(() => driver.list(dir))).toBe('ENOTDIR')
    expect(driver.lookup(dir, 'f')).toBeUndefined()
    expect(host.readdirSync(join(outer, 'target'))).toEqual([])
  })

  it('a file that is swapped for a link or a fifo is neither read nor written', () => {
    host.writeFileSync(join(folder, 'f'), 'mine')
    const driver = hostFolder(folder)
    const node = driver.lookup(driver.root, 'f')!
    host.unlinkSync(join(folder, 'f'))
    host.symlinkSync('../secret', join(folder, 'f'))
    expect(code(() => readAllSync(driver.content(node)))).toBe('ELOOP')
    expect(code(() => driver.write(node, 0, new Uint8Array(1)))).toBe('ELOOP')
    expect(code(() => driver.setAttributes(node, { mode: 0o777 }))).toBe('ok')
    expect(host.statSync(join(outer, 'secret')).mode & 0o777).not.toBe(0o777)
    host.unlinkSync(join(folder, 'f'))
    if (linux && spawnSync('mkfifo', [join(folder, 'f')]).status === 0) {
      expect(code(() => readAllSync(driver.content(node)))).toBe('CONTENT_CHANGED')
      expect(code(() => driver.write(node, 0, new Uint8Array(1)))).toBe('ENXIO')
    }
  })

  it('refuses names that are more than one component', () => {
    const driver = hostFolder(folder)
    for (const name of ['', '.', '..', '../secret', 'a/b', 'a\0']) {
      expect(code(() => driver.lookup(driver.root, name))).toBe('EINVAL')
      expect(code(() => driver.create(driver.root, name, { type: 'dir' }, 0o755))).toBe('EINVAL')
      expect(code(() => driver.unlink(driver.root, name))).toBe('EINVAL')
    }
  })

  it.skipIf(!linux)('stays the folder it was given when that is renamed and another takes its place', () => {
    const view = mountView(hostFolder(folder))
    host.renameSync(folder, join(outer, 'moved'))
    host.mkdirSync(folder)
    view.writeFile('/f', 'x')
    expect([host.readdirSync(join(outer, 'moved')), host.readdirSync(folder)]).toEqual([['f'], []])
  })

  it('can be one file, which is written in place', async () => {
    const path = join(outer, 'secret')
    const overlay = createOverlay(emptySnapshot())
    const view = mountView(overlay, [{ target: '/etc/conf', source: hostFolder(path) }])
    const { ino } = host.statSync(path)
    view.writeFile('/etc/conf', 'new')
    view.writeFile('/etc/conf', '!', { flag: 'a' })
    view.chmod('/etc/conf', 0o640)
    view.utimes('/etc/conf', 1_600_000_000_000_000_000n)
    const stat = host.statSync(path)
    expect([host.readFileSync(path, 'utf8'), stat.ino === ino, stat.mode & 0o777, stat.mtimeMs]).toEqual([
      'new!',
      true,
      0o640,
      1_600_000_000_000,
    ])
    expect(new TextDecoder().decode(await view.readFile('/etc/conf'))).toBe('new!')
    expect(code(() => view.unlink('/etc/conf'))).toBe('EBUSY')
    expect(view.stat('/etc/conf').size).toBe(4)
  })

  it('mounts a subfolder, and shows what the host writes at once', async () => {
    host.mkdirSync(join(folder, 'a/b'), { recursive: true })
    const view = mountView(createOverlay(emptySnapshot()), [{ target: '/m', source: hostFolder(folder), subpath: 'a/b' }])
    host.writeFileSync(join(folder, 'a/b/f'), 'live')
    expect(new TextDecoder().decode(await view.readFile('/m/f'))).toBe('live')
    view.mkdir('/m/d')
    expect(host.readdirSync(join(folder, 'a/b'))).toEqual(['d', 'f'])
  })

  it('copies a file onto itself without losing it', () => {
    host.writeFileSync(join(folder, 'f'), 'x'.repeat(600_000))
    const view = mountView(hostFolder(folder))
    view.writeFile('/f', view.open('/f'))
    expect(host.readFileSync(join(folder, 'f'), 'utf8')).toHaveLength(600_000)
  })

  it('says what it cannot do, read-only, and after it was closed', () => {
    const driver = hostFolder(folder)
    const view = mountView(driver)
    host.writeFileSync(join(folder, 'f'), '')
    expect(code(() => view.mknod('/p', { type: 'fifo', mode: 0o600 }))).toBe('ENOTSUP')
    expect(code(() => view.setxattr('/f', 'user.a', new Uint8Array(1)))).toBe('ENOTSUP')
    expect(code(() => view.writeFile('/g', { size: 1, stream: () => textContent('x').stream() }))).toBe('CONTENT_NOT_SYNCHRONOUS')
    expect(host.readdirSync(folder)).toEqual(['f'])
    expect(code(() => mountView(hostFolder(folder, { readonly: true })).unlink('/f'))).toBe('EROFS')
    expect(code(() => hostFolder(join(outer, 'none')))).toBe('ENOENT')
    driver.close()
    driver.close()
    if (linux) expect(code(() => view.readdir('/'))).not.toBe('ok')
  })
})

describe('hostContent', () => {
  it('reads what was there, and refuses what changed', async () => {
    const path = join(folder, 'f')
    host.writeFileSync(path, 'hello')
    const content = hostContent(path, host.lstatSync(path, { bigint: true }))
    expect(new TextDecoder().decode(await readAll(content))).toBe('hello')
    let text = ''
    for await (const chunk of content.stream(1, 4)) text += new TextDecoder().decode(chunk)
    expect(text).toBe('ell')
    host.writeFileSync(path, 'longer')
    await expect(readAll(content)).rejects.toMatchObject({ code: 'CONTENT_CHANGED', path })
    host.writeFileSync(path, 'HELLO')
    host.utimesSync(path, 1, 1)
    expect(() => readAllSync(content)).toThrow('written to')
    host.unlinkSync(path)
    expect(() => readAllSync(content)).toThrow('ENOENT')
  })
})

describe('readHostTree', () => {
  it('reads names, types, modes, links and times, and nothing through links', () => {
    host.mkdirSync(join(folder, 'd/e'), { recursive: true })
    host.writeFileSync(join(folder, 'd/f'), 'x')
    host.linkSync(join(folder, 'd/f'), join(folder, 'hard'))
    host.symlinkSync('../..', join(folder, 'd/out'))
    host.chmodSync(join(folder, 'hard'), 0o4751)
    host.utimesSync(join(folder, 'hard'), 12, 34.5)
    const tree = readHostTree(folder)
    expect(paths(tree)).toEqual(['d', 'd/e', 'd/f', 'd/out', 'hard'])
    expect(lookup(tree, '/hard')).toBe(lookup(tree, '/d/f'))
    expect(lookup(tree, '/hard')).toMatchObject({ type: 'file', mode: 0o4751, uid: 0, gid: 0, mtimeNs: 34_500_000_000n })
    expect(lookup(tree, '/d/out', { follow: false })).toMatchObject({ type: 'symlink', target: '../..' })
    const fixed = readHostTree(folder, { times: { mtimeNs: 7n }, owner: 'keep' })
    expect([fixed.mtimeNs, lookup(fixed, '/hard')?.mtimeNs, lookup(fixed, '/hard')?.uid]).toEqual([7n, 7n, process.getuid?.() ?? 0])
  })

  it.skipIf(!linux)('keeps names that are no UTF-8, in the order of their bytes', async () => {
    const odd = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x61, 0xff])])
    host.mkdirSync(odd)
    host.writeFileSync(Buffer.concat([odd, Buffer.from('/in')]), 'inside')
    for (const name of ['b', '\u{1f600}', '\uffee', 'a']) host.writeFileSync(join(folder, name), name)
    const tree = readHostTree(folder)
    expect(paths(tree)).toEqual(['a', 'a\udcff', 'a\udcff/in', 'b', '\uffee', '\u{1f600}'])
    const inode = lookup(tree, '/a\udcff/in')
    expect(inode?.type === 'file' && new TextDecoder().decode(await readAll(inode.content))).toBe('inside')
  })

  it.skipIf(!linux)('leaves sockets out and keeps fifos', () => {
    const server = spawnSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind('${folder}/sock')`])
    const fifo = spawnSync('mkfifo', [join(folder, 'pipe')])
    host.writeFileSync(join(folder, 'f'), '')
    expect(paths(readHostTree(folder))).toEqual(fifo.status === 0 ? ['f', 'pipe'] : ['f'])
    expect(server.status === null || server.status === 0 || server.error !== undefined || host.existsSync(folder)).toBe(true)
  })

  it('asks the filter parents first, and never enters what it is not asked to', () => {
    for (const path of ['keep/x', 'skip/deep/kept', 'skip/other/no', 'never/y', 'state/a/b']) {
      host.mkdirSync(join(folder, path, '..'), { recursive: true })
      host.writeFileSync(join(folder, path), '')
    }
    if (rootUser === false) host.chmodSync(join(folder, 'never'), 0)
    const asked: string[] = []
    const filter: TreeFilter = {
      visit(path, isDir, parentState) {
        asked.push(`${path}${isDir ? '/' : ''} ${parentState ?? '-'}`)
        const keep = !/^(skip|never)/.test(path) || path === 'skip/deep/kept'
        return { keep, descend: path !== 'never', state: `${parentState ?? ''}${path.length}` }
      },
    }
    expect(paths(readHostTree(folder, { filter }))).toEqual([
      'keep',
      'keep/x',
      'skip',
      'skip/deep',
      'skip/deep/kept',
      'state',
      'state/a',
      'state/a/b',
    ])
    expect(asked).toContain('state/a/b 57')
    expect(asked).toContain('never/ -')
    expect(asked.some((each) => each.startsWith('never/y'))).toBe(false)
  })

  it('names the path of what cannot be read', () => {
    expect(() => readHostTree(join(outer, 'none'))).toThrow(/ENOENT.*none/)
    expect(() => readHostTree(join(outer, 'secret'))).toThrow(/ENOTDIR.*secret/)
    host.writeFileSync(join(folder, 'f'), 'x')
    const inode = lookup(readHostTree(folder), '/f')
    host.unlinkSync(join(folder, 'f'))
    expect(() => inode?.type === 'file' && readAllSync(inode.content)).toThrow(/ENOENT.*f'/)
  })
})

describe('StatCache', () => {
  const old = (path: string) => host.utimesSync(path, 1000, 1000)
  const digestOf = (cache: StatCache) => {
    const inode = lookup(readHostTree(folder, { statCache: cache }), '/f')
    return inode?.type === 'file' ? inode.content.digest : undefined
  }
  const learn = (cache: StatCache) => treeDigestSync(readHostTree(folder, { statCache: cache }), 'selection')
  const reload = (cache: StatCache) => StatCache.load(cache.save())
  /** ctime cannot be set: an entry can only be believed once the file has rested. */
  const rest = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60)

  it('remembers digests over save and load, for files that did not change', () => {
    const path = join(folder, 'f')
    host.writeFileSync(path, 'abc')
    rest()
    const cache = new StatCache()
    expect(digestOf(cache)).toBeUndefined()
    learn(cache)
    const expected = contentDigestSync(textContent('abc'))
    expect([digestOf(reload(cache)), cache.size, cache.changed, reload(cache).changed]).toEqual([expected, 1, true, false])
    host.chmodSync(path, 0o600)
    expect(digestOf(reload(cache))).toBeUndefined()
    rest()
    learn(cache)
    old(path)
    expect(digestOf(cache)).toBeUndefined()
    rest()
    learn(cache)
    expect(digestOf(cache)).toBe(expected)
    // The same size and time, but other bytes: ctime and the inode give it away.
    host.writeFileSync(path, 'ABC')
    old(path)
    expect(digestOf(cache)).toBeUndefined()
  })

  it('does not believe what was written just before it was looked at', () => {
    const cache = new StatCache()
    host.writeFileSync(join(folder, 'f'), 'abc')
    learn(cache)
    expect(digestOf(cache)).toBeUndefined()
    rest()
    learn(cache)
    expect(digestOf(cache)).toBe(contentDigestSync(textContent('abc')))
    const digest = contentDigestSync(textContent('x'))
    const ask = (path: string, mtimeMs: number, seenMs: number) => cache.ask('', path, 1, mtimeMs, 5000, 1, 1, seenMs)
    // Whole seconds: the filesystem may not know finer ones.
    cache.learn(ask('coarse', 5000, 6900), digest)
    expect(cache.digestAt(ask('coarse', 5000, 7100))).toBeUndefined()
    cache.learn(ask('coarse', 5000, 7100), digest)
    expect(cache.digestAt(ask('coarse', 5000, 7200))).toBe(digest)
    cache.learn(ask('fine', 5000.001, 5100), digest)
    expect(cache.digestAt(ask('fine', 5000.001, 5200))).toBe(digest)
    expect(cache.digestAt(ask('fine', 5000.002, 5200))).toBeUndefined()
  })

  it('forgets what is gone when asked to, and takes no damaged bytes', () => {
    const cache = new StatCache()
    const ask = (of: StatCache, path: string) =>
      of.ask(path.slice(0, path.indexOf('/') + 1), path.slice(path.indexOf('/') + 1), 1, -0.5, 2 ** 40 + 0.25, 2 ** 52, 0o100644, 2 ** 41)
    const digestFor = (path: string) => contentDigestSync(textContent(path))
    for (const path of ['a', 'b/\udcff', '__proto__']) cache.learn(ask(cache, path), digestFor(path))
    const loaded = reload(cache)
    expect(['b/\udcff', 'constructor', 'a'].map((path) => loaded.digestAt(ask(loaded, path)))).toEqual([
      digestFor('b/\udcff'),
      undefined,
      digestFor('a'),
    ])
    expect(loaded.size).toBe(3)
    expect(StatCache.load(loaded.save({ prune: true })).size).toBe(2)
    // What it was loaded with and what it has learnt since, in one order.
    for (const path of ['0', 'a', 'b-c', 'z']) loaded.learn(ask(loaded, path), digestFor(`new ${path}`))
    const both = reload(loaded)
    const names = ['0', '__proto__', 'a', 'b-c', 'b/\udcff', 'z']
    expect(names.map((path) => both.digestAt(ask(both, path)))).toEqual(
      names.map((path) => digestFor(path === '__proto__' || path === 'b/\udcff' ? path : `new ${path}`)),
    )
    const bytes = cache.save()
    expect(StatCache.load(bytes.subarray(1)).size).toBe(0)
    expect(StatCache.load(bytes.subarray(0, bytes.length - 1)).size).toBe(0)
    expect(StatCache.load(new Uint8Array(0)).size).toBe(0)
    expect(reload(new StatCache()).size).toBe(0)
  })
})

describe('a tree whose files a cache knows', () => {
  const times = { mtimeNs: 7n }
  const strengths = ['selection', 'exact'] as const
  const digests = (tree: ReturnType<typeof readHostTree>) => strengths.map((strength) => treeDigestSync(tree, strength))
  /** A cache that has seen the folder as it is now, and believes all of it. */
  const knowing = (): StatCache => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60)
    const cache = new StatCache()
    treeDigestSync(readHostTree(folder, { statCache: cache }), 'selection')
    return StatCache.load(cache.save())
  }
  const fill = () => {
    host.mkdirSync(join(folder, 'd/e'), { recursive: true })
    host.mkdirSync(join(folder, 'empty'))
    for (const name of ['b', 'a', 'd/x', 'd/y', 'd/e/z', '\ufb01\u{1f600}']) host.writeFileSync(join(folder, name), `of ${name}`)
    host.chmodSync(join(folder, 'd/x'), 0o4755)
    host.symlinkSync('../a', join(folder, 'd/to-a'))
    host.linkSync(join(folder, 'b'), join(folder, 'd/linked'))
  }

  it('has the digests that it has without the cache, before and after its files were looked at', () => {
    fill()
    const before = digests(readHostTree(folder, { times }))
    const cache = knowing()
    host.writeFileSync(join(folder, 'a'), 'changed')
    const changed = readHostTree(folder, { times })
    expect(digests(changed)).not.toEqual(before)
    const untouched = readHostTree(folder, { times, statCache: cache })
    expect(digests(untouched)).toEqual(digests(changed))
    const looked = readHostTree(folder, { times, statCache: cache })
    expect(paths(looked)).toEqual(paths(changed))
    expect(digests(looked)).toEqual(digests(changed))
    expect([...linkCounts(looked).values()]).toEqual([2])
  })

  it('counts what lies in it twice as hard links, as every tree does', () => {
    fill()
    const twice = (tree: ReturnType<typeof readHostTree>) =>
      dirInode(new Map<string, Inode>([...tree.entries, ['again', lookup(tree, '/d/e')!]]))
    const [listed, plain] = [twice(readHostTree(folder, { times, statCache: knowing() })), twice(readHostTree(folder, { times }))]
    expect(digests(listed)).toEqual(digests(plain))
    expect(linkCounts(listed).get(lookup(listed, '/again/z')!)).toBe(2)
    // One file of it.
    const tree = readHostTree(folder, { times, statCache: knowing() })
    const z = lookup(tree, '/d/e/z')!
    expect(linkCounts(dirInode(new Map<string, Inode>([...tree.entries, ['again', z]]))).get(z)).toBe(2)
  })

  it('can be copied before anybody knows its digests; what is read of a copy is known of all', async () => {
    for (const name of ['a', 'b']) host.writeFileSync(join(folder, name), `of ${name}`)
    const expected = digests(readHostTree(folder, { times }))
    const cache = new StatCache()
    const tree = readHostTree(folder, { times, statCache: cache })
    const overlay = createOverlay(emptySnapshot())
    for (const path of ['/x', '/y']) overlay.graft(path, tree)
    expect(overlay.stat('/x/a').ino).not.toBe(overlay.stat('/y/a').ino)
    const copies = overlay.freeze()
    const fileAt = (of: typeof tree, path: string) => lookup(of, path) as FileInode
    const [x, y] = [fileAt(copies, '/x/a'), fileAt(copies, '/y/a')]
    expect(x).not.toBe(y)
    expect([x.content.digest, y.content.digest]).toEqual([undefined, undefined])
    const digest = contentDigestSync(x.content)
    expect([y.content.digest, fileAt(tree, '/a').content.digest, fileAt(copies, '/y/b').content.digest]).toEqual([
      digest,
      digest,
      undefined,
    ])
    expect([digests(lookup(copies, '/y') as DirInode), digests(tree)]).toEqual([expected, expected])
    expect([cache.size, linkCounts(copies).size]).toEqual([2, 0])
  })

  it('gives one inode for a file, however often and by whatever way it is asked for', async () => {
    fill()
    const { entries } = lookup(readHostTree(folder, { times, statCache: knowing() }), '/d') as DirInode
    expect([entries.size, [...entries.keys()], entries.has('x'), entries.has('no'), entries.get('no')]).toEqual([
      5,
      ['e', 'linked', 'to-a', 'x', 'y'],
      true,
      false,
      undefined,
    ])
    const x = entries.get('x') as FileInode
    const found = new Map<string, Inode>()
    entries.forEach((inode, name, map) => {
      expect(map).toBe(entries)
      found.set(name, inode)
    })
    expect([...entries]).toEqual([...found])
    expect([...entries.entries()].map(([, inode]) => inode)).toEqual([...entries.values()])
    expect([found.get('x'), x.mode, x.mtimeNs, x.content.size, x.content.digest]).toEqual([
      x,
      0o4755,
      7n,
      6,
      contentDigestSync(textContent('of d/x')),
    ])
    expect(new TextDecoder().decode(await readAll(x.content))).toBe('of d/x')
    host.writeFileSync(join(folder, 'd/x'), 'another')
    await expect(readAll(x.content)).rejects.toThrow(expect.objectContaining({ code: 'CONTENT_CHANGED' }))
  })
})

describe('writeHostTree', () => {
  const pair = fileInode(textContent('pair'), { mode: 0o640, mtimeNs: 1_600_000_000_500_000_000n })
  const tree = dirInode(
    new Map<string, Inode>([
      [
        'd',
        dirInode(
          new Map<string, Inode>([
            ['pair', pair],
            ['deep', dirInode(new Map(), { mode: 0o500 })],
          ]),
          { mode: 0o555, mtimeNs: 1_000_000_000n },
        ),
      ],
      ['evil', symlinkInode('../..')],
      ['pair', pair],
      ['suid', fileInode(textContent('s'), { mode: 0o4711 })],
    ]),
    { mode: 0o755, mtimeNs: 5_000_000_000n },
  )

  it('writes what readHostTree reads again', async () => {
    const target = join(outer, 'out')
    await writeHostTree(tree, target)
    const again = readHostTree(target)
    expect(treeDigestSync(again, 'selection')).toBe(treeDigestSync(tree, 'selection'))
    expect(paths(again)).toEqual(['d', 'd/deep', 'd/pair', 'evil', 'pair', 'suid'])
    expect(lookup(again, '/pair')).toBe(lookup(again, '/d/pair'))
    expect([again.mode, lookup(again, '/d')?.mode, lookup(again, '/suid')?.mode, lookup(again, '/pair')?.mode]).toEqual([
      0o755, 0o555, 0o4711, 0o640,
    ])
    expect([again.mtimeNs, lookup(again, '/d')?.mtimeNs, lookup(again, '/pair')?.mtimeNs]).toEqual([
      5_000_000_000n,
      1_000_000_000n,
      1_600_000_000_500_000_000n,
    ])
  })

  it('only into a fresh folder, and touches nothing around it', async () => {
    const before = surroundings()
    host.writeFileSync(join(folder, 'f'), '')
    await expect(writeHostTree(tree, folder)).rejects.toMatchObject({ code: 'ENOTEMPTY' })
    host.unlinkSync(join(folder, 'f'))
    host.symlinkSync(folder, join(outer, 'link'))
    await expect(writeHostTree(tree, join(outer, 'link'))).rejects.toMatchObject({ code: 'ENOTDIR' })
    host.unlinkSync(join(outer, 'link'))
    expect(host.readdirSync(folder)).toEqual([])
    await writeHostTree(tree, folder)
    expect(surroundings()).toEqual(before)
  })

  it('S4 S9: names that are no single component are refused', async () => {
    for (const name of ['..', '.', '', 'a/../../x', 'a\0b']) {
      const evil = dirInode(new Map([[name, fileInode(textContent('x'))]]))
      await expect(writeHostTree(evil, join(outer, `evil-${encodeURIComponent(name)}`))).rejects.toMatchObject({ code: 'EINVAL' })
    }
    expect(host.existsSync(join(outer, 'x'))).toBe(false)
  })

  it('says what it cannot write, or tells the caller', async () => {
    const fifo = dirInode(
      new Map<string, Inode>([
        ['p', fifoInode()],
        ['x', fileInode(textContent('x'), { xattrs: new Map([['user.a', new Uint8Array(1)]]) })],
      ]),
    )
    await expect(writeHostTree(fifo, join(outer, 'a'))).rejects.toMatchObject({ code: 'ENOTSUP' })
    const told: string[] = []
    await writeHostTree(fifo, join(outer, 'b'), { onUnsupported: (path, _, what) => told.push(`${path} ${what}`) })
    expect([told, host.readdirSync(join(outer, 'b'))]).toEqual([['p inode', 'x xattrs'], ['x']])
  })

  it.skipIf(!rootUser)('keeps owners when asked to', async () => {
    const owned = dirInode(
      new Map<string, Inode>([
        ['f', fileInode(textContent('x'), { uid: 12, gid: 34, mode: 0o6755 })],
        ['l', symlinkInode('f', { uid: 5 })],
      ]),
      { uid: 7 },
    )
    await writeHostTree(owned, join(outer, 'own'), { ownership: 'keep' })
    const again = readHostTree(join(outer, 'own'), { owner: 'keep' })
    expect([again.uid, lookup(again, '/f')?.uid, lookup(again, '/f')?.mode, lookup(again, '/l', { follow: false })?.uid]).toEqual([
      7, 12, 0o6755, 5,
    ])
  })
})
