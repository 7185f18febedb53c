/** What is needed to make a view, an overlay and a content again somewhere else. */
import {
  concatContent,
  contentParts,
  createOverlay,
  emptySnapshot,
  type Inode,
  type Mountable,
  memoryContent,
  mountTable,
  mountView,
  overlayOf,
  readAll,
  replayChanges,
  sliceContent,
  tmpfs,
  upperChanges,
  zeroContent,
} from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'

describe('the mount table of a view', () => {
  it('says what lies where, the root first, and the same view can be made again', () => {
    const root = createOverlay(emptySnapshot())
    root.mkdir('/a/b', { recursive: true })
    root.symlink('a/b', '/link')
    const volume = createOverlay(emptySnapshot())
    volume.mkdir('/deep/er', { recursive: true })
    volume.writeFile('/file', 'file')
    const memory = tmpfs()
    const view = mountView(root, [
      { target: '/link', source: volume },
      { target: '/a/b/deep', source: memory, readonly: true },
      { target: '/etc/hosts', source: volume, subpath: 'file' },
      { target: '/c', source: volume, subpath: 'deep/er' },
    ])
    const names = new Map<Mountable, string>([
      [root.driver, 'root'],
      [volume.driver, 'volume'],
      [memory, 'memory'],
    ])
    const shown = (table: ReturnType<typeof mountTable>) =>
      table?.map(({ target, source, subpath, readonly }) => [target, names.get(source), subpath, readonly]).sort()
    const table = mountTable(view)!
    expect(shown(table)).toEqual([
      ['/', 'root', '', false],
      ['/a/b', 'volume', '', false],
      ['/a/b/deep', 'memory', '', true],
      ['/c', 'volume', 'deep/er', false],
      ['/etc/hosts', 'volume', 'file', false],
    ])
    const again = mountView(
      table[0]!.source,
      table.slice(1).map((mount) => ({ ...mount, subpath: mount.subpath! })),
    )
    expect(shown(mountTable(again))).toEqual(shown(table))
    volume.rename('/deep', '/moved')
    expect(shown(mountTable(view))?.[3]).toEqual(['/c', 'volume', 'moved/er', false])
    volume.rm('/moved', { recursive: true })
    expect(shown(mountTable(view))?.[3]).toEqual(['/c', 'volume', undefined, false])
  })

  it('is known of overlays, and of nothing that somebody else made', () => {
    const overlay = createOverlay(emptySnapshot())
    expect(mountTable(overlay)).toEqual([{ target: '/', source: overlay.driver, root: overlay.driver.root, subpath: '', readonly: false }])
    expect(mountTable({ ...overlay })).toBeUndefined()
    const memory = tmpfs()
    overlayOf(memory)!.writeFile('/f', 'f')
    expect(mountView(memory).exists('/f')).toBe(true)
    expect(overlayOf({ ...overlay.driver } as Mountable)).toBeUndefined()
  })
})

it('a content is its parts', async () => {
  const lazy = { size: 100, stream: () => memoryContent(new Uint8Array(100).fill(7)).stream() }
  const overlay = createOverlay(emptySnapshot())
  overlay.writeFile('/f', lazy)
  overlay.writeAt('/f', 100, new Uint8Array(3).fill(1))
  overlay.truncate('/f', 200)
  overlay.writeAt('/f', 200, new Uint8Array(2).fill(2))
  const parts = contentParts(overlay.open('/f'))
  expect(parts).toEqual([
    { kind: 'slice', content: lazy, start: 0, end: 100 },
    { kind: 'bytes', bytes: new Uint8Array(3).fill(1) },
    { kind: 'zeros', size: 97 },
    { kind: 'bytes', bytes: new Uint8Array(2).fill(2) },
  ])
  const again = concatContent(
    parts.map((part) => {
      if (part.kind === 'bytes') return memoryContent(part.bytes)
      return part.kind === 'zeros' ? zeroContent(part.size) : sliceContent(part.content, part.start, part.end)
    }),
  )
  expect(await readAll(again)).toEqual(await overlay.readFile('/f'))
  expect(contentParts(sliceContent(lazy, 10, 20))).toEqual([{ kind: 'slice', content: lazy, start: 10, end: 20 }])
})

describe('changes that are replayed', () => {
  it('make the same upper directory: hard links are links, what was copied up is, and times are kept', () => {
    const lower = createOverlay(emptySnapshot(), { now: () => 0n })
    lower.mkdir('/d/e', { recursive: true })
    lower.writeFile('/d/file', 'file')
    lower.link('/d/file', '/d/same')
    const one = createOverlay(lower.freeze(), { now: () => 5n })
    one.chmod('/d/e', 0o755)
    one.writeAt('/d/file', 0, Uint8Array.of(70))
    one.chown('/d/file', 5, 6)
    one.chmod('/d/file', 0o4755)
    one.setxattr('/d/file', 'security.capability', Uint8Array.of(1))
    one.utimes('/d/file', 9n)
    one.writeFile('/new', 'new')
    one.link('/new', '/d/new')
    const changes = one.changes()
    const other = createOverlay(one.lower)
    replayChanges(other, changes)
    const flat = (all: typeof changes) => all.map(({ path, inode, repeated }) => [path, repeated, { ...inode, entries: undefined }])
    expect(flat(other.changes())).toEqual(flat(changes))
    expect(other.stat('/new').nlink).toBe(2)
    other.writeFile('/new', 'both')
    expect(other.stat('/d/new').size).toBe(4)
  })

  it('are written into a file that stays the file it is, and linked to names that are said to be known', () => {
    const volume = createOverlay(emptySnapshot())
    volume.writeFile('/hosts', 'old')
    volume.writeFile('/one', 'one')
    volume.link('/one', '/two')
    const view = mountView(createOverlay(emptySnapshot()), [{ target: '/hosts', source: volume, subpath: 'hosts' }])
    const before = volume.freeze()
    const worked = createOverlay(before)
    worked.writeFile('/hosts', 'newer')
    replayChanges(volume, upperChanges(before, worked.freeze()))
    expect(view.stat('/hosts').size).toBe(5)
    const one = volume.freeze().entries.get('one') as Inode
    replayChanges(
      volume,
      [
        { path: 'one', inode: null },
        { path: 'three', inode: one },
      ],
      new Map([[one, '/two']]),
    )
    expect([volume.exists('/one'), volume.stat('/three').ino]).toEqual([false, volume.stat('/two').ino])
  })
})
