/**
 * What operations do when they succeed. Each case starts in an empty root. Over 300 lines because it is one table, which is
 * read as a whole.
 */

import type { FileSystem } from '../types.js'
import { ConformanceError, expectCode, expectSame } from './errors.js'

/** A power that not every filesystem has. `owner`: it acts as uid 0. */
export type Power = 'device' | 'xattr' | 'owner' | 'nanoseconds'

/** One thing that a filesystem has to do. */
export interface BehaviourCase {
  readonly name: string
  /** Powers that the case is about; leave it out for a filesystem without them. */
  readonly needs?: readonly Power[]
  run(fs: FileSystem): void | Promise<void>
}

const text = async (fs: FileSystem, path: string): Promise<string> => new TextDecoder().decode(await fs.readFile(path))
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)
const names = (fs: FileSystem, path: string): string[] => fs.readdir(path).map((entry) => `${entry.type} ${entry.name}`)

export const behaviourCases: readonly BehaviourCase[] = [
  {
    name: 'written bytes are read back',
    async run(fs) {
      fs.writeFile('/a', 'one')
      fs.writeFile('/a', bytes('two!'))
      expectSame(await text(fs, '/a'), 'two!', 'overwritten')
      fs.writeFile('/a', '+', { flag: 'a' })
      expectSame(await text(fs, '/a'), 'two!+', 'appended')
      fs.writeFile('/b', fs.open('/a'))
      expectSame(await text(fs, '/b'), 'two!+', 'copied by content')
      expectSame(fs.stat('/b').size, 5, 'size')
    },
  },
  {
    name: 'the buffer of a caller may be used again',
    async run(fs) {
      const buffer = bytes('abc')
      fs.writeFile('/a', buffer)
      fs.writeFile('/a', buffer, { flag: 'a' })
      fs.writeAt('/a', 1, buffer)
      buffer.fill(0)
      expectSame(await text(fs, '/a'), 'aabcbc', 'bytes')
    },
  },
  {
    name: 'writes at offsets, gaps and truncation',
    async run(fs) {
      fs.writeFile('/a', '0123456789')
      fs.writeAt('/a', 3, bytes('abc'))
      expectSame(await text(fs, '/a'), '012abc6789', 'inside')
      fs.writeAt('/a', 12, bytes('z'))
      expectSame([...(await fs.readFile('/a')).slice(10)], [0, 0, 122], 'gap')
      fs.truncate('/a', 4)
      fs.truncate('/a', 6)
      expectSame([...(await fs.readFile('/a'))], [48, 49, 50, 97, 0, 0], 'cut and extended')
      fs.writeAt('/a', 1, new Uint8Array(0))
      expectSame(fs.stat('/a').size, 6, 'nothing written')
    },
  },
  {
    name: 'a large file keeps its bytes through scattered writes',
    async run(fs) {
      const model = new Uint8Array(300_000).map((_, i) => i % 251)
      fs.writeFile('/big', model)
      for (let i = 0; i < 60; i++) {
        const at = (i * 48_611) % 299_000
        const piece = new Uint8Array((i * 37) % 900).fill(i)
        fs.writeAt('/big', at, piece)
        model.set(piece, at)
      }
      const got = await fs.readFile('/big')
      const wrong = model.findIndex((byte, i) => got[i] !== byte)
      if (got.length !== model.length || wrong >= 0) throw new ConformanceError(`byte ${wrong} of ${got.length} differs`)
    },
  },
  {
    name: 'an open content is not changed by later writes, or says that it is gone',
    async run(fs) {
      fs.writeFile('/a', 'before')
      const content = fs.open('/a')
      fs.writeFile('/a', '!', { flag: 'a' })
      try {
        let got = ''
        for await (const chunk of content.stream()) got += new TextDecoder().decode(chunk)
        expectSame(got, 'before', 'old content')
      } catch (error) {
        expectSame((error as { code?: string }).code, 'CONTENT_CHANGED', 'error')
      }
    },
  },
  {
    name: 'hard links share bytes and attributes',
    async run(fs) {
      fs.writeFile('/a', 'x')
      fs.mkdir('/d')
      fs.link('/a', '/d/b')
      expectSame([fs.stat('/a').nlink, fs.stat('/a').ino === fs.stat('/d/b').ino], [2, true], 'links')
      fs.writeFile('/d/b', 'y', { flag: 'a' })
      fs.chmod('/a', 0o600)
      expectSame([await text(fs, '/a'), fs.stat('/d/b').mode], ['xy', 0o600], 'shared')
      fs.unlink('/a')
      expectSame([fs.stat('/d/b').nlink, await text(fs, '/d/b')], [1, 'xy'], 'the other name stays')
      fs.link('/d/b', '/c')
      fs.rename('/c', '/d/b')
      expectSame([names(fs, '/'), fs.exists('/c')], [['file c', 'dir d'], true], 'renaming one name to the other does nothing')
    },
  },
  {
    name: 'renames move files and directories and replace what may be replaced',
    async run(fs) {
      fs.mkdir('/a/b/c', { recursive: true })
      fs.writeFile('/a/b/c/f', '1')
      fs.rename('/a/b', '/z')
      expectSame([names(fs, '/'), names(fs, '/a'), await text(fs, '/z/c/f')], [['dir a', 'dir z'], [], '1'], 'moved')
      fs.writeFile('/g', '2')
      fs.rename('/g', '/z/c/f')
      expectSame(await text(fs, '/z/c/f'), '2', 'replaced')
      fs.rename('/z', '/a')
      expectSame(names(fs, '/'), ['dir a'], 'over an empty directory')
      expectSame(await text(fs, '/a/c/f'), '2', 'with what is in it')
    },
  },
  {
    name: 'links are followed inside the root only',
    async run(fs) {
      fs.mkdir('/a/b', { recursive: true })
      fs.writeFile('/top', 'top')
      fs.symlink('/top', '/a/b/abs')
      fs.symlink('../../../../../../top', '/a/b/rel')
      fs.symlink('../b/./abs', '/a/b/chain')
      fs.symlink('/a', '/dir')
      for (const path of ['/a/b/abs', '/a/b/rel', '/a/b/chain', '/dir/b/../b/abs', '/../../top'])
        expectSame(await text(fs, path), 'top', path)
      expectSame(fs.realpath('/dir/b/chain'), '/top', 'real path')
      expectSame(fs.realpath('/dir/b/..'), '/a', 'dots after links')
      expectSame(fs.readlink('/a/b/rel'), '../../../../../../top', 'verbatim')
      fs.symlink('missing', '/to-missing')
      fs.writeFile('/to-missing', 'made')
      expectSame(await text(fs, '/missing'), 'made', 'created through a dangling link')
    },
  },
  {
    name: 'what may not be there is looked up',
    run(fs) {
      fs.mkdir('/d')
      fs.writeFile('/d/f', '1234')
      fs.symlink('d/f', '/s')
      fs.symlink('gone', '/dangling')
      expectSame(fs.lookup('/s')?.size, 4, 'followed')
      expectSame(
        [fs.lookup('/s', { follow: false })?.type, fs.lookup('/dangling', { follow: false })?.type],
        ['symlink', 'symlink'],
        'kept',
      )
      for (const path of ['/none', '/none/x', '/d/f/x', '/d/f/', '/dangling', ''])
        expectSame(fs.lookup(path), undefined, `nothing at '${path}'`)
      fs.symlink('loop', '/loop')
      expectCode('ELOOP', () => fs.lookup('/loop'), 'a link to itself')
    },
  },
  {
    name: 'forty links in a row are followed, not more',
    run(fs) {
      fs.writeFile('/l0', '')
      for (let i = 1; i <= 41; i++) fs.symlink(`l${i - 1}`, `/l${i}`)
      expectCode('ok', () => fs.stat('/l40'), 'forty')
      expectCode('ELOOP', () => fs.stat('/l41'), 'forty-one')
    },
  },
  {
    name: 'modes are kept with their special bits',
    run(fs) {
      fs.writeFile('/a', '', { mode: 0o600 })
      fs.mkdir('/d', { mode: 0o700 })
      expectSame([fs.stat('/a').mode, fs.stat('/d').mode], [0o600, 0o700], 'created')
      fs.chmod('/a', 0o4755)
      fs.chmod('/d', 0o1777)
      expectSame([fs.stat('/a').mode, fs.stat('/d').mode], [0o4755, 0o1777], 'changed')
    },
  },
  {
    name: 'writing as root keeps setuid',
    needs: ['owner'],
    run(fs) {
      fs.writeFile('/a', '')
      fs.chmod('/a', 0o4755)
      fs.writeFile('/a', 'root writes')
      expectSame(fs.stat('/a').mode, 0o4755, 'mode')
    },
  },
  {
    name: 'a change of owner clears setuid, and setgid where the group may execute',
    needs: ['owner'],
    run(fs) {
      for (const [before, after] of [
        [0o4755, 0o755],
        [0o6755, 0o755],
        [0o2744, 0o2744],
        [0o6644, 0o2644],
        [0o1755, 0o1755],
      ] as const) {
        fs.writeFile('/a', '')
        fs.chmod('/a', before)
        fs.chown('/a', 1000, 1001)
        const { mode, uid, gid } = fs.stat('/a')
        expectSame([mode, uid, gid], [after, 1000, 1001], before.toString(8))
        fs.unlink('/a')
      }
      fs.mkdir('/d')
      fs.chmod('/d', 0o6755)
      fs.chown('/d', 1, 1)
      expectSame(fs.stat('/d').mode, 0o6755, 'not on directories')
      fs.symlink('d', '/l')
      fs.chown('/l', 5, 6, { nofollow: true })
      expectSame([fs.lstat('/l').uid, fs.stat('/l').uid], [5, 1], 'of a link itself')
    },
  },
  {
    name: 'a setgid directory hands its group on',
    needs: ['owner'],
    run(fs) {
      fs.mkdir('/d')
      fs.chown('/d', 0, 50)
      fs.chmod('/d', 0o2755)
      fs.writeFile('/d/f', '')
      fs.mkdir('/d/sub')
      expectSame([fs.stat('/d/f').gid, fs.stat('/d/sub').gid, fs.stat('/d/sub').mode], [50, 50, 0o2755], 'inherited')
    },
  },
  {
    name: 'times: set, and touched by what changes',
    run(fs) {
      const old = 1_000_000_000_000_000_000n
      fs.mkdir('/d')
      fs.writeFile('/d/f', 'x')
      fs.symlink('f', '/d/l')
      const reset = () => {
        fs.utimes('/d/f', old)
        fs.utimes('/d', old)
      }
      const touched = () => [fs.stat('/d').mtimeNs !== old, fs.stat('/d/f').mtimeNs !== old]
      reset()
      fs.utimes('/d/l', old + 1_000_000_000n, { nofollow: true })
      expectSame([touched(), fs.lstat('/d/l').mtimeNs], [[false, false], old + 1_000_000_000n], 'set')
      fs.chmod('/d/f', 0o600)
      fs.truncate('/d/f', 1)
      expectSame(touched(), [false, false], 'chmod, and truncate to the same size')
      fs.writeFile('/d/f', '', { flag: 'a' })
      expectSame(touched(), [false, false], 'nothing appended')
      fs.writeFile('/d/f', 'y')
      expectSame(touched(), [false, true], 'write')
      for (const [what, work] of [
        ['mkdir', () => fs.mkdir('/d/n')],
        ['rmdir', () => fs.rmdir('/d/n')],
        ['symlink', () => fs.symlink('x', '/d/n')],
        ['rename', () => fs.rename('/d/n', '/d/m')],
        ['unlink', () => fs.unlink('/d/m')],
        ['link', () => fs.link('/d/f', '/d/h')],
      ] as const) {
        reset()
        work()
        expectSame(touched(), [true, false], what)
      }
    },
  },
  {
    name: 'nanoseconds are kept, before 1970 too',
    needs: ['nanoseconds'],
    run(fs) {
      fs.writeFile('/a', '')
      for (const time of [1_600_000_000_123_456_789n, -1_500_000_000n, 0n]) {
        fs.utimes('/a', time)
        expectSame(fs.stat('/a').mtimeNs, time, 'time')
      }
    },
  },
  {
    name: 'names that are no UTF-8, odd names, and their order',
    async run(fs) {
      const odd = [
        '\udcff\udcfe',
        'a b',
        '-rf',
        '__proto__',
        'constructor',
        'ü',
        '\u{1f600}',
        '\ufffd',
        '.hidden',
        'back\\slash',
        'new\nline',
      ]
      for (const name of odd) fs.writeFile(`/${name}`, name)
      const listed = fs.readdir('/').map((entry) => entry.name)
      expectSame(
        listed,
        ['-rf', '.hidden', '__proto__', 'a b', 'back\\slash', 'constructor', 'new\nline', 'ü', '\ufffd', '\u{1f600}', '\udcff\udcfe'],
        'listed by bytes',
      )
      for (const name of odd) fs.unlink(`/${name}`)
      expectSame(fs.readdir('/'), [], 'all gone')
    },
  },
  {
    name: 'recursive making and removing',
    run(fs) {
      fs.mkdir('/a/b/c', { recursive: true, mode: 0o750 })
      fs.mkdir('/a/b/c/d', { recursive: true })
      expectSame([fs.stat('/a').mode, fs.stat('/a/b/c').mode], [0o750, 0o750], 'modes')
      fs.writeFile('/a/b/f', '')
      fs.symlink('/a', '/a/b/loop')
      fs.rm('/a', { recursive: true })
      expectSame(fs.readdir('/'), [], 'all gone')
    },
  },
  {
    name: 'devices and fifos',
    needs: ['device'],
    run(fs) {
      fs.mknod('/null', { type: 'char', mode: 0o666, major: 1, minor: 3 })
      fs.mknod('/disk', { type: 'block', mode: 0o660, major: 8, minor: 70_000 })
      fs.mknod('/pipe', { type: 'fifo', mode: 0o600 })
      expectSame(names(fs, '/'), ['block disk', 'char null', 'fifo pipe'], 'types')
      const { major, minor, mode } = fs.stat('/disk')
      expectSame([major, minor, mode], [8, 70_000, 0o660], 'numbers')
      expectCode('ENXIO', () => fs.open('/pipe'), 'no bytes in it')
      expectCode('EEXIST', () => fs.mknod('/pipe', { type: 'fifo', mode: 0o600 }), 'taken')
    },
  },
  {
    name: 'extended attributes',
    needs: ['xattr'],
    run(fs) {
      fs.writeFile('/a', 'x')
      fs.symlink('a', '/l')
      const value = new Uint8Array([0, 255, 128])
      fs.setxattr('/l', 'user.k', value)
      fs.setxattr('/a', 'security.capability', value)
      expectSame([...fs.stat('/a').xattrs!.keys()].sort(), ['security.capability', 'user.k'], 'names')
      expectSame(fs.stat('/a').xattrs!.get('user.k'), value, 'bytes')
      expectCode('EPERM', () => fs.setxattr('/l', 'user.k', value, { nofollow: true }), 'user. on a link')
      expectCode('ENOTSUP', () => fs.setxattr('/a', 'other.k', value), 'unknown namespace')
      expectCode('ERANGE', () => fs.setxattr('/a', `user.${'n'.repeat(255)}`, value), 'long name')
      expectCode('E2BIG', () => fs.setxattr('/a', 'user.k', new Uint8Array(65_537)), 'large value')
      fs.writeFile('/a', '!', { flag: 'a' })
      expectSame([...fs.stat('/a').xattrs!.keys()], ['user.k'], 'writing drops file capabilities')
      fs.removexattr('/a', 'user.k')
      expectCode('ENODATA', () => fs.removexattr('/a', 'user.k'), 'removed twice')
      expectSame(fs.stat('/a').xattrs?.size ?? 0, 0, 'none left')
    },
  },
]
