import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCopyArguments } from '@layerwright/container'
import { nodeHost } from '@layerwright/container/node'
import { readTar, type TarEntry, tarTree, writeLayer } from '@layerwright/layer'
import { emptySnapshot, memoryContent, upperChanges } from '@layerwright/vfs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { codeOf, fixture, textOf } from './fixture.js'

let host: string
beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), 'layerwright-container-'))
})
afterEach(() => rmSync(host, { recursive: true, force: true }))

const withHost = () => fixture({ host: nodeHost() })

/** Every path below the host folder, so that a test can say that nothing else was touched. */
const listing = (dir = host, prefix = ''): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => [prefix + entry.name, ...(entry.isDirectory() ? listing(join(dir, entry.name), `${prefix}${entry.name}/`) : [])])

function folder(): void {
  mkdirSync(join(host, 'in/sub'), { recursive: true })
  writeFileSync(join(host, 'in/one'), '1\n')
  writeFileSync(join(host, 'in/sub/two'), '2\n')
  symlinkSync('one', join(host, 'in/ln'))
  writeFileSync(join(host, 'file'), 'F\n')
  chmodSync(join(host, 'file'), 0o755)
}

test.each([
  ['file', '/srv/new', ['A /srv/new']],
  ['file', '/srv/to-data', ['A /data/file']],
  ['file', '/tmp/', ['A /tmp/file']],
  ['file', '/srv/hard-a', ['C /srv/hard-a']],
  ['in', '/tmp', ['A /tmp/in', 'A /tmp/in/ln', 'A /tmp/in/one', 'A /tmp/in/sub', 'A /tmp/in/sub/two']],
  ['in/', '/tmp/name', ['A /tmp/name', 'A /tmp/name/ln', 'A /tmp/name/one', 'A /tmp/name/sub', 'A /tmp/name/sub/two']],
  ['in/.', '/tmp', ['A /tmp/ln', 'A /tmp/one', 'A /tmp/sub', 'A /tmp/sub/two']],
  ['in/ln', '/tmp/ln', ['A /tmp/ln']],
])('%s goes in to %s', async (from, to, expected) => {
  folder()
  const { engine } = await withHost()
  const box = await engine.containers.create({ image: 'app' })
  await box.copyIn(`${host}/${from}`, to)
  const lines = (await box.diff()).map(({ kind, path }) => `${kind} ${path}`)
  expect(lines.filter((line) => !/^C \/(tmp|srv|data)$/.test(line))).toEqual(expected)
})

test.each([
  ['file', '/no/dir/', 'COPY_DESTINATION_DIR_MISSING'],
  ['file', '/no/dir/name', 'PATH_NOT_FOUND'],
  ['file', '/srv/plain.txt/name', 'NOT_A_DIRECTORY'],
  ['in', '/srv/plain.txt', 'COPY_DIR_TO_FILE'],
  ['none', '/srv', 'PATH_NOT_FOUND'],
  ['file/', '/srv', 'NOT_A_DIRECTORY'],
  ['file', '', 'COPY_DESTINATION_DIR_MISSING'],
])('%s does not go in to "%s": %s', async (from, to, code) => {
  folder()
  const { engine } = await withHost()
  const box = await engine.containers.create({ image: 'app' })
  expect(await codeOf(box.copyIn(`${host}/${from}`, to))).toBe(code)
  expect(await box.diff()).toEqual([])
})

test('what was copied in does not change with the host file afterwards', async () => {
  folder()
  const { engine } = await withHost()
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: ['vol:/vol'] })
  await box.start()
  await box.copyIn(`${host}/file`, '/srv/copied')
  await box.copyIn(`${host}/file`, '/vol/copied')
  writeFileSync(join(host, 'file'), 'changed\n')
  await box.filesystem(async (fs) => {
    for (const path of ['/srv/copied', '/vol/copied']) {
      expect(await textOf(fs, path)).toBe('F\n')
      expect(fs.stat(path).mode).toBe(0o755)
    }
  })
})

test('a link is followed on request, and -a gives the files to the container’s user', async () => {
  folder()
  const { engine } = await withHost()
  const box = await engine.containers.create({ image: 'app', hold: true, user: 'app' })
  await box.start()
  await box.copyIn(`${host}/in/ln`, '/srv/followed', { followLink: true, archive: true })
  await box.filesystem((fs) => expect(fs.lstat('/srv/followed')).toMatchObject({ type: 'file', uid: 1000, gid: 1000 }))
})

test.each([
  ['/srv/plain.txt', 'new', ['new']],
  ['/srv/plain.txt', 'out', ['out/plain.txt']],
  ['/data', 'new', ['new', 'new/a.txt', 'new/nest', 'new/nest/b.txt']],
  ['/data/.', 'out', ['out/a.txt', 'out/nest', 'out/nest/b.txt']],
  ['/data', 'out', ['out/data', 'out/data/a.txt', 'out/data/nest', 'out/data/nest/b.txt']],
  ['srv/to-data', 'link', ['link']],
  ['/srv/to-data/', 'dir', ['dir', 'dir/a.txt', 'dir/nest', 'dir/nest/b.txt']],
])('%s comes out to %s', async (from, to, expected) => {
  mkdirSync(join(host, 'out'))
  const { engine } = await withHost()
  const box = await engine.containers.create({ image: 'app' })
  await box.copyOut(from, `${host}/${to}`)
  expect(listing().filter((path) => path !== 'out')).toEqual(expected)
})

test.each([
  ['/srv/plain.txt', 'nodir/', 'COPY_DESTINATION_DIR_MISSING'],
  ['/srv/plain.txt', 'nodir/name', 'COPY_DESTINATION_DIR_MISSING'],
  ['/srv/none', 'x', 'PATH_NOT_FOUND'],
  ['/srv/plain.txt/', 'x', 'NOT_A_DIRECTORY'],
  ['/data', 'file', 'COPY_DIR_TO_FILE'],
  ['/srv/plain.txt', 'file/', 'NOT_A_DIRECTORY'],
  ['/srv/plain.txt', 'file/x', 'NOT_A_DIRECTORY'],
  ['/srv/plain.txt', 'in/ln/', 'NOT_A_DIRECTORY'],
  ['', 'x', 'EMPTY_PATH'],
])('"%s" does not come out to %s: %s', async (from, to, code) => {
  folder()
  const before = listing()
  const { engine } = await withHost()
  const box = await engine.containers.create({ image: 'app' })
  expect(await codeOf(box.copyOut(from, `${host}/${to}`))).toBe(code)
  expect(listing()).toEqual(before)
})

test('modes and links come out as they are', async () => {
  const { engine } = await withHost()
  const box = await engine.containers.create({ image: 'app', hold: true })
  await box.start()
  await box.filesystem((fs) => fs.chmod('/srv/plain.txt', 0o600))
  await box.copyOut('/srv', `${host}/srv`)
  expect(lstatSync(join(host, 'srv/plain.txt')).mode & 0o777).toBe(0o600)
  expect(readlinkSync(join(host, 'srv/to-data'))).toBe('/data')
  expect(lstatSync(join(host, 'srv/hard-a')).ino).toBe(lstatSync(join(host, 'srv/hard-b')).ino)
})

const entry = (fields: Partial<TarEntry>): TarEntry => ({
  name: '',
  kind: 'file',
  linkName: '',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeNs: 0n,
  major: 0,
  minor: 0,
  xattrs: undefined,
  content: undefined,
  ...fields,
})

/** A tar of these entries, written by the layer writer, which takes honest names only. */
async function archive(...entries: TarEntry[]) {
  const bytes: number[] = []
  await writeLayer(upperChanges(emptySnapshot(), tarTree(entries)), (chunk) => void bytes.push(...chunk))
  return memoryContent(Uint8Array.from(bytes))
}

test('archives go in to a directory, and come out again', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app' })
  const tar = await archive(
    entry({ name: 'd', kind: 'dir', mode: 0o711, uid: 5 }),
    entry({ name: 'd/f', mode: 0o604, content: memoryContent(new Uint8Array([120])) }),
  )
  await box.copyArchiveIn(tar, '/tmp')
  expect(await codeOf(box.copyArchiveIn(tar, '/tmp/none'))).toBe('COPY_DESTINATION_NOT_A_DIRECTORY')
  const out: number[] = []
  await box.copyArchiveOut('/tmp/d/.', (bytes) => void out.push(...bytes))
  const entries = await readTar(memoryContent(Uint8Array.from(out)))
  expect(entries.map(({ name, mode, uid }) => [name, mode, uid])).toEqual([
    ['./', 0o711, 5],
    ['f', 0o604, 0],
  ])
})

test('a directory and a file never replace each other, and a mounted file is busy', async () => {
  folder()
  writeFileSync(join(host, 'data'), 'a file')
  mkdirSync(join(host, 'clash/plain.txt'), { recursive: true })
  const { engine } = await withHost()
  const box = await engine.containers.create({ image: 'app', mounts: [`type=bind,source=${host}/file,target=/srv/plain.txt`] })
  expect(await codeOf(box.copyIn(`${host}/data`, '/'))).toBe('COPY_FILE_OVER_DIR')
  expect(await codeOf(box.copyIn(`${host}/clash/.`, '/srv'))).toBe('COPY_DIR_OVER_FILE')
  expect(await codeOf(box.copyIn(`${host}/in/one`, '/srv/plain.txt'))).toBe('BUSY')
  expect(readFileSync(join(host, 'file'), 'utf8')).toBe('F\n')
})

test('nothing is copied in to a read-only place', async () => {
  folder()
  const { engine } = await withHost()
  const options = { image: 'app', readonlyRootfs: true, volumes: ['fixed:/fixed:ro', 'free:/free', `${host}/in:/bound:ro`] }
  const box = await engine.containers.create(options)
  for (const place of ['/srv', '/fixed', '/bound']) expect(await codeOf(box.copyIn(`${host}/file`, place))).toBe('READ_ONLY_TARGET')
  await box.copyIn(`${host}/file`, '/free')
  expect(existsSync(join(host, 'in/file'))).toBe(false)
})

test('a bind is live both ways, keeps its folder while it runs, and is opened anew by a restart', async () => {
  const { engine } = await withHost()
  mkdirSync(join(host, 'p'))
  writeFileSync(join(host, 'p/f'), '1')
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: [`${host}/p:/m`, `${host}/made/by/start:/n`] })
  expect(existsSync(join(host, 'made'))).toBe(false)
  await box.start()
  expect(lstatSync(join(host, 'made/by/start')).mode & 0o777).toBe(0o755)
  renameSync(join(host, 'p'), join(host, 'q'))
  mkdirSync(join(host, 'p'))
  await box.filesystem((fs) => fs.writeFile('/m/g', '2'))
  expect(readFileSync(join(host, 'q/g'), 'utf8')).toBe('2')
  await box.restart()
  expect(await box.filesystem((fs) => fs.readdir('/m'))).toEqual([])
  expect(await codeOf(engine.containers.create({ image: 'app', mounts: [`type=bind,source=${host}/none,target=/m`] }))).toBe(
    'BIND_SOURCE_MISSING',
  )
  expect(await box.diff()).toEqual([
    { kind: 'A', path: '/m' },
    { kind: 'A', path: '/n' },
  ])
})

test.each([
  ['/srv', 'dir'],
  ['/srv/plain.txt/below', 'file'],
  ['/srv/plain.txt', 'dir'],
])('a bind on %s of a %s does not fit', async (target, kind) => {
  const { engine } = await withHost()
  mkdirSync(join(host, 'dir'))
  writeFileSync(join(host, 'file'), '')
  const source = target === '/srv' ? 'file' : kind
  const box = await engine.containers.create({ image: 'app', hold: true, mounts: [{ type: 'bind', source: `${host}/${source}`, target }] })
  expect(await codeOf(box.start())).toBe('MOUNT_TYPE_MISMATCH')
  expect((await box.inspect()).State.Status).toBe('created')
})

test('the two arguments of cp', () => {
  expect(parseCopyArguments('box:/a:b', '-')).toEqual({ from: { container: 'box', path: '/a:b' }, to: { container: undefined, path: '-' } })
  expect(parseCopyArguments('./a:b', 'box:c').from).toEqual({ container: undefined, path: './a:b' })
  for (const [from, to, name] of [
    ['a:/', 'b:/', 'CopyBetweenContainersError'],
    ['/a', '-', 'CopyNoContainerError'],
  ] as const) {
    expect(() => parseCopyArguments(from, to)).toThrow(expect.objectContaining({ name }))
  }
})

test('two names that the host takes for one: nothing is copied out (S8)', async () => {
  const { engine } = await fixture({ host: nodeHost({ platform: 'darwin' }) })
  const box = await engine.containers.create({ image: 'app' })
  const tar = await archive(
    entry({ name: 'd', kind: 'dir', mode: 0o755 }),
    entry({ name: 'd/README', content: memoryContent(new Uint8Array([49])) }),
    entry({ name: 'd/readme', content: memoryContent(new Uint8Array([50])) }),
  )
  await box.copyArchiveIn(tar, '/tmp')
  const before = listing()
  expect(await codeOf(box.copyOut('/tmp/d', `${host}/out`))).toBe('NAME_COLLISION')
  expect(listing()).toEqual(before)
  await box.copyOut('/tmp/d/README', `${host}/out`)
  expect(readFileSync(join(host, 'out'), 'utf8')).toBe('1')
})
