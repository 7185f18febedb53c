/** The mount table and the walk across mounts. */
import {
  createOverlay,
  dirInode,
  emptySnapshot,
  type FileSystem,
  fileInode,
  type Inode,
  type Mountable,
  mountView,
  symlinkInode,
  textContent,
  tmpfs,
} from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'

const image = () =>
  dirInode(
    new Map<string, Inode>([
      ['data', dirInode(new Map([['below', fileInode(textContent('below'))]]))],
      ['etc', dirInode(new Map([['conf', fileInode(textContent('conf'))]]))],
      ['link', symlinkInode('/data')],
      ['up', symlinkInode('../../data/../etc/conf')],
    ]),
  )
const text = async (fs: FileSystem, path: string) => new TextDecoder().decode(await fs.readFile(path))
const code = (work: () => unknown): string => {
  try {
    work()
    return 'ok'
  } catch (error) {
    return (error as { code: string }).code
  }
}
const names = (fs: FileSystem, path: string) => fs.readdir(path).map((entry) => entry.name)

function setup() {
  const overlay = createOverlay(image())
  const volume = createOverlay(emptySnapshot())
  return { overlay, volume, view: mountView(overlay, [{ target: '/data', source: volume }]) }
}

describe('a mount', () => {
  it('hides what is below it, and keeps it', () => {
    const { overlay, volume, view } = setup()
    expect(names(view, '/data')).toEqual([])
    view.writeFile('/data/new', 'x')
    view.rm('/data/new')
    view.mkdir('/data/d')
    expect([names(volume, '/'), names(overlay, '/data')]).toEqual([['d'], ['below']])
    expect([overlay.changes(), overlay.diff()]).toEqual([[], []])
    expect(view.stat('/data').dev).not.toBe(view.stat('/').dev)
  })

  it('lets paths, links and dots cross it both ways', async () => {
    const { view, volume } = setup()
    volume.symlink('../etc/conf', '/out')
    volume.symlink('/etc/conf', '/abs')
    volume.mkdir('/sub')
    expect(await text(view, '/data/out')).toBe('conf')
    expect(await text(view, '/link/abs')).toBe('conf')
    expect(await text(view, '/data/sub/../../etc/conf')).toBe('conf')
    expect(await text(view, '/up')).toBe('conf')
    expect([view.realpath('/link/sub'), view.realpath('/data/sub/..'), view.realpath('/data/..')]).toEqual(['/data/sub', '/data', '/'])
  })

  it('separates rename and link, and cannot be removed or moved itself', () => {
    const { view } = setup()
    view.writeFile('/data/f', '')
    expect(code(() => view.rename('/data/f', '/f'))).toBe('EXDEV')
    expect(code(() => view.rename('/etc', '/data/etc'))).toBe('EXDEV')
    expect(code(() => view.link('/etc/conf', '/data/conf'))).toBe('EXDEV')
    expect(code(() => view.link('/data/f', '/data/g'))).toBe('ok')
    expect(code(() => view.rmdir('/data'))).toBe('EBUSY')
    expect(code(() => view.rename('/data', '/other'))).toBe('EBUSY')
    view.mkdir('/empty')
    expect(code(() => view.rename('/empty', '/data'))).toBe('EBUSY')
    expect(code(() => view.rm('/data', { recursive: true }))).toBe('EBUSY')
    expect(names(view, '/data')).toEqual([])
  })

  it('moves with a directory above it', () => {
    const overlay = createOverlay(emptySnapshot())
    const view = mountView(overlay, [{ target: '/a/b/m', source: tmpfs() }])
    view.writeFile('/a/b/m/f', '')
    view.rename('/a', '/z')
    expect([names(view, '/z/b/m'), code(() => view.rmdir('/z/b/m')), names(overlay, '/z/b/m')]).toEqual([['f'], 'EBUSY', []])
    view.mkdir('/a/b/m', { recursive: true })
    expect(names(view, '/a/b/m')).toEqual([])
    expect(code(() => view.rm('/z', { recursive: true }))).toBe('EBUSY')
    expect(names(view, '/z/b/m')).toEqual([])
  })

  it('read-only refuses every write with EROFS, after what is wrong with the path', () => {
    const volume = createOverlay(emptySnapshot())
    volume.writeFile('/f', 'x')
    volume.mkdir('/d')
    const view = mountView(createOverlay(image()), [{ target: '/ro', source: volume, readonly: true }])
    const writes: [string, () => unknown][] = [
      ['EROFS', () => view.writeFile('/ro/f', '')],
      ['EROFS', () => view.writeFile('/ro/new', '')],
      ['EISDIR', () => view.writeFile('/ro/d', '')],
      ['EROFS', () => view.writeAt('/ro/f', 0, new Uint8Array(1))],
      ['EROFS', () => view.truncate('/ro/f', 0)],
      ['EROFS', () => view.mkdir('/ro/new')],
      ['EEXIST', () => view.mkdir('/ro/d')],
      ['EROFS', () => view.rmdir('/ro/d')],
      ['EROFS', () => view.unlink('/ro/f')],
      ['EROFS', () => view.rm('/ro/d', { recursive: true })],
      ['EROFS', () => view.rename('/ro/f', '/ro/g')],
      ['EROFS', () => view.link('/ro/f', '/ro/g')],
      ['EROFS', () => view.symlink('x', '/ro/g')],
      ['EROFS', () => view.mknod('/ro/g', { type: 'fifo', mode: 0o600 })],
      ['EROFS', () => view.chmod('/ro/f', 0o600)],
      ['ENOENT', () => view.chmod('/ro/none', 0o600)],
      ['EROFS', () => view.chown('/ro/f', 1, 1)],
      ['EROFS', () => view.utimes('/ro/f', 0n)],
      ['EROFS', () => view.setxattr('/ro/f', 'user.a', new Uint8Array(1))],
    ]
    expect(writes.map(([, work]) => code(work))).toEqual(writes.map(([expected]) => expected))
    expect(volume.changes().map(({ path }) => path)).toEqual(['d', 'f'])
  })

  it('shows one source at two places as one filesystem with two devices', async () => {
    const volume = createOverlay(emptySnapshot())
    const view = mountView(createOverlay(emptySnapshot()), [
      { target: '/one', source: volume },
      { target: '/two', source: volume },
    ])
    view.writeFile('/one/f', 'same')
    expect(await text(view, '/two/f')).toBe('same')
    expect(code(() => view.rename('/one/f', '/two/g'))).toBe('EXDEV')
  })
})

describe('making the table', () => {
  it('makes missing mount points below, which show as additions, and nothing in them', () => {
    const overlay = createOverlay(image())
    const view = mountView(overlay, [{ target: '/srv//deep/./x/../here/', source: tmpfs() }])
    view.writeFile('/srv/deep/here/f', '')
    expect(overlay.diff().map(({ kind, path }) => `${kind} ${path}`)).toEqual(['A /srv', 'A /srv/deep', 'A /srv/deep/here'])
  })

  it('applies shallow mounts first, whatever the order, and makes inner points inside the outer mount', () => {
    const [overlay, outer, inner] = [createOverlay(image()), createOverlay(emptySnapshot()), createOverlay(emptySnapshot())]
    const view = mountView(overlay, [
      { target: '/data/inner', source: inner },
      { target: '/data', source: outer },
    ])
    view.writeFile('/data/inner/f', '')
    expect([names(inner, '/'), names(outer, '/'), names(overlay, '/data')]).toEqual([['f'], ['inner'], ['below']])
  })

  it('follows links to the place that is meant, dangling ones too, and never out of the root', () => {
    const overlay = createOverlay(image())
    overlay.symlink('../../../nowhere/at/all', '/dangling')
    const view = mountView(overlay, [
      { target: '/link', source: tmpfs() },
      { target: '/dangling', source: tmpfs() },
    ])
    view.writeFile('/link/f', '')
    expect([names(view, '/data'), view.realpath('/dangling')]).toEqual([['f'], '/nowhere/at/all'])
    overlay.symlink('turn', '/turn')
    expect(code(() => mountView(overlay, [{ target: '/turn', source: tmpfs() }]))).toBe('ELOOP')
  })

  it('is not moved by a link that is made afterwards', () => {
    const { overlay, view } = setup()
    overlay.rm('/etc', { recursive: true })
    overlay.symlink('/data', '/etc')
    view.writeFile('/etc/f', '')
    expect([names(view, '/data'), names(overlay, '/data')]).toEqual([['f'], ['below']])
  })

  it('mounts a single file, onto a file only', async () => {
    const source = createOverlay(emptySnapshot())
    source.writeFile('/conf', 'mounted')
    const overlay = createOverlay(image())
    const view = mountView(overlay, [
      { target: '/etc/conf', source, subpath: 'conf' },
      { target: '/new/file', source, subpath: '/conf' },
    ])
    view.writeFile('/etc/conf', '!', { flag: 'a' })
    expect([await text(view, '/new/file'), await text(overlay, '/etc/conf'), view.stat('/new').type]).toEqual(['mounted!', 'conf', 'dir'])
    expect(overlay.stat('/new/file')).toMatchObject({ mode: 0o755, size: 0 })
    expect([code(() => view.unlink('/etc/conf')), code(() => view.rename('/new/file', '/x'))]).toEqual(['EBUSY', 'EBUSY'])
    expect(code(() => mountView(overlay, [{ target: '/data', source, subpath: 'conf' }]))).toBe('ENOTDIR')
    expect(code(() => mountView(overlay, [{ target: '/up', source: tmpfs() }]))).toBe('ENOTDIR')
  })

  it('resolves a subpath inside its source, once', () => {
    const source = createOverlay(emptySnapshot())
    source.mkdir('/a/b', { recursive: true })
    source.symlink('/../../../a', '/out')
    const view = mountView(createOverlay(emptySnapshot()), [{ target: '/m', source, subpath: 'out/b' }])
    source.rename('/a', '/moved')
    view.writeFile('/m/f', '')
    expect(names(source, '/moved/b')).toEqual(['f'])
    source.rm('/moved', { recursive: true })
    expect(code(() => view.writeFile('/m/g', ''))).toBe('ENOENT')
    expect(code(() => mountView(createOverlay(emptySnapshot()), [{ target: '/m', source, subpath: 'none' }]))).toBe('ENOENT')
  })

  it('refuses the root, relative targets, and points that a read-only mount lacks', () => {
    const view = (target: string, source: Mountable = tmpfs()) => code(() => mountView(createOverlay(image()), [{ target, source }]))
    expect([view('/'), view('/a/..'), view('rel'), view('/etc/conf/x')]).toEqual(['EINVAL', 'EINVAL', 'EINVAL', 'ENOTDIR'])
    const mounts = [
      { target: '/ro', source: tmpfs(), readonly: true },
      { target: '/ro/in', source: tmpfs() },
    ]
    expect(code(() => mountView(createOverlay(image()), mounts))).toBe('EROFS')
  })

  it('of a read-only root still makes mount points, and lets mounts be written', () => {
    const view = mountView(createOverlay(image()), [{ target: '/new', source: tmpfs() }], { readonly: true })
    expect([code(() => view.writeFile('/f', '')), code(() => view.writeFile('/new/f', ''))]).toEqual(['EROFS', 'ok'])
  })
})
