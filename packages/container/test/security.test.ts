/** Requirements of the security list that are this package's, by their ids. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeHost } from '@layerwright/container/node'
import { memoryContent } from '@layerwright/vfs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { codeOf, fixture, putImage, textOf } from './fixture.js'

let host: string
beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), 'layerwright-security-'))
  mkdirSync(join(host, 'outside'))
  writeFileSync(join(host, 'outside/secret'), 'secret')
  mkdirSync(join(host, 'inside'))
})
afterEach(() => {
  // whatever a test tried, nothing outside was touched
  expect(readdirSync(join(host, 'outside'))).toEqual(['secret'])
  expect(readFileSync(join(host, 'outside/secret'), 'utf8')).toBe('secret')
  rmSync(host, { recursive: true, force: true })
})

/** A hostile tar: ustar headers with names as they are given. */
function tar(...entries: { name: string; type: '0' | '1' | '2' | '5'; link?: string; data?: string }[]) {
  const blocks: Buffer[] = []
  for (const { name, type, link = '', data = '' } of entries) {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write('0000755\0', 100)
    header.write('0000000\0', 108)
    header.write('0000000\0', 116)
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('00000000000\0', 136)
    header.write('        ', 148)
    header.write(type, 156)
    header.write(link, 157)
    header.write('ustar\u000000', 257)
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    blocks.push(header, Buffer.from(data), Buffer.alloc(-data.length & 511))
  }
  return memoryContent(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}

test.each([
  ['a name that climbs', tar({ name: '../x', type: '0', data: 'x' })],
  ['a name that climbs in the middle', tar({ name: 'a/../../x', type: '0', data: 'x' })],
  ['a link that climbs', tar({ name: 'l', type: '2', link: '../../etc/passwd' })],
  ['a hard link that climbs', tar({ name: 'l', type: '1', link: '../etc/passwd' })],
])('S5 S7 an archive with %s is refused', async (_what, archive) => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app' })
  expect(await codeOf(box.copyArchiveIn(archive, '/srv'))).toBe('COPY_PATH_ESCAPES')
  expect(await box.diff()).toEqual([])
})

test('S15 an archive with more entries than the limit is refused before anything is written', async () => {
  const { engine } = await fixture({ limits: { archiveEntries: 2 } })
  const box = await engine.containers.create({ image: 'app' })
  const archive = tar({ name: 'a', type: '0' }, { name: 'b', type: '0' }, { name: 'c', type: '0' })
  expect(await codeOf(box.copyArchiveIn(archive, '/srv'))).toBe('LIMIT_EXCEEDED')
  expect(await box.diff()).toEqual([])
})

test('S16 S17 account files are read from the container’s tree, never through it; ids end below 2^32-1', async () => {
  const { engine, store } = await fixture()
  await putImage(store, 'hostile', {}, (fs) => {
    fs.unlink('/etc/passwd')
    fs.symlink(`${host}/outside/secret`, '/etc/passwd')
    fs.unlink('/etc/group')
    fs.mknod('/etc/group', { type: 'fifo', mode: 0o644 })
  })
  expect(await codeOf(engine.containers.run({ image: 'hostile', user: 'app' }))).toBe('NO_SUCH_USER')
  expect(await codeOf(engine.containers.run({ image: 'app', user: '4294967295' }))).toBe('NO_SUCH_USER')
})

test.each(['..', '../../x', '/abs', 'a/../b', 'a\0b'])('S19 the volume name %j never becomes a path', async (name) => {
  const { engine } = await fixture({ host: nodeHost() })
  expect(await codeOf(engine.volumes.create({ name }))).toBe('INVALID_VOLUME_NAME')
})

test('S22 a subpath is resolved in the volume, to a node: it neither climbs nor follows what is moved later', async () => {
  const { engine } = await fixture()
  await engine.volumes.create({ name: 'vol' })
  await engine.volumes.filesystem('vol', (fs) => {
    fs.mkdir('/a')
    fs.writeFile('/a/f', 'a')
    fs.mkdir('/b')
    fs.symlink('../../../../b', '/climbs')
  })
  const mount = (subpath: string) => ({ type: 'volume', source: 'vol', target: '/m', volume: { subpath } }) as const
  expect(await codeOf(engine.containers.create({ image: 'app', mounts: [mount('../x')] }))).toBe('INVALID_MOUNT_SPEC')
  const climbs = await engine.containers.create({ image: 'app', hold: true, mounts: [mount('climbs')] })
  await climbs.start()
  await climbs.filesystem((fs) => fs.writeFile('/m/in-b', ''))
  expect(await engine.volumes.filesystem('vol', (fs) => fs.exists('/b/in-b'))).toBe(true)
  const box = await engine.containers.create({ image: 'app', hold: true, mounts: [mount('a')] })
  await box.start()
  await engine.volumes.filesystem('vol', (fs) => {
    fs.rename('/a', '/moved')
    fs.symlink('/b', '/a')
  })
  expect(await box.filesystem((fs) => textOf(fs, '/m/f'))).toBe('a')
})

test('S23 mount points are made in the container’s layer, and stopping removes nothing below', async () => {
  const { engine } = await fixture({ host: nodeHost() })
  writeFileSync(join(host, 'inside/kept'), 'k')
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: [`${host}/inside:/data`, 'vol:/data/deep'] })
  await box.start()
  await box.stop()
  await box.remove({ volumes: true })
  expect(readdirSync(join(host, 'inside')).sort()).toEqual(['deep', 'kept'])
  const fresh = await engine.containers.create({ image: 'app', hold: true })
  await fresh.start()
  expect(await fresh.filesystem((fs) => fs.readdir('/data').map(({ name }) => name))).toEqual(['a.txt', 'nest'])
})

test('S28 a working directory is a path of the container, whatever it is called', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true, workdir: '/tmp/../../proc/self/fd/7' })
  expect((await box.inspect()).Config.WorkingDir).toBe('/proc/self/fd/7')
  expect((await box.diff()).map(({ path }) => path)).toContain('/proc/self/fd/7')
})

test('S29 S30 a mount target that an image leads elsewhere by a link stays in the container', async () => {
  const { engine, store } = await fixture({ host: nodeHost() })
  await putImage(store, 'hostile', {}, (fs) => {
    fs.symlink(`${host}/outside`, '/leads-out')
    fs.symlink(`../../../../../../../..${host}/outside`, '/climbs-out')
    fs.symlink(`${host}/outside`, '/dev')
    fs.symlink(`${host}/outside`, '/proc')
  })
  const box = await engine.containers.create({
    image: 'hostile',
    hold: true,
    volumes: ['one:/leads-out/x', 'two:/climbs-out/y'],
    workdir: '/leads-out/z',
  })
  await box.start()
  await box.filesystem((fs) => {
    fs.writeFile('/leads-out/x/f', 'f')
    fs.writeFile('/leads-out/secret', 'not the host’s')
    fs.writeFile('/dev/x', 'x')
  })
  expect((await box.diff()).map(({ path }) => path)).toContain(`${host}/outside/x`)
})

test('S30 links in a bound folder resolve inside the container', async () => {
  const { engine } = await fixture({ host: nodeHost() })
  symlinkSync('../outside/secret', join(host, 'inside/relative'))
  symlinkSync(`${host}/outside`, join(host, 'inside/absolute'))
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: [`${host}/inside:/m`] })
  await box.start()
  await box.filesystem((fs) => {
    expect(fs.exists('/m/relative')).toBe(false)
    expect(fs.exists('/m/absolute/secret')).toBe(false)
    expect(fs.readlink('/m/relative')).toBe('../outside/secret')
  })
})

test('S31 a copy resolves links in the container’s view: in and out, into volumes and binds', async () => {
  const { engine } = await fixture({ host: nodeHost() })
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: [`${host}/inside:/bound`] })
  await box.start()
  await box.filesystem((fs) => {
    fs.symlink(`${host}/outside`, '/srv/out')
    fs.symlink('../../outside', '/bound/up')
  })
  writeFileSync(join(host, 'file'), 'f')
  // the places that the links name do not exist in the container
  expect(await codeOf(box.copyIn(`${host}/file`, '/srv/out/secret'))).toBe('PATH_NOT_FOUND')
  expect(await codeOf(box.copyIn(`${host}/file`, '/bound/up/secret'))).toBe('PATH_NOT_FOUND')
  expect(await codeOf(box.copyOut('/srv/out/secret', `${host}/got`))).toBe('PATH_NOT_FOUND')
  expect(await codeOf(box.copyOut('/bound/up/secret', `${host}/got`))).toBe('PATH_NOT_FOUND')
})

test('S5 S31 what comes out is not written through a link of the host’s folder', async () => {
  const { engine } = await fixture({ host: nodeHost() })
  const box = await engine.containers.create({ image: 'app', hold: true })
  await box.start()
  await box.filesystem((fs) => {
    fs.mkdir('/srv/tree')
    fs.mkdir('/srv/tree/sub')
    fs.writeFile('/srv/tree/sub/secret', 'overwritten')
    fs.writeFile('/srv/tree/file', 'overwritten')
  })
  mkdirSync(join(host, 'inside/tree'))
  symlinkSync('../../outside', join(host, 'inside/tree/sub'))
  expect(await codeOf(box.copyOut('/srv/tree', join(host, 'inside')))).toBe('COPY_DIR_OVER_FILE')
  rmSync(join(host, 'inside/tree'), { recursive: true })
  mkdirSync(join(host, 'inside/tree'))
  symlinkSync('../../outside/secret', join(host, 'inside/tree/file'))
  await box.copyOut('/srv/tree', join(host, 'inside'))
  expect(readFileSync(join(host, 'inside/tree/file'), 'utf8')).toBe('overwritten')
})

test('S39 keys of users are just keys', async () => {
  const { engine } = await fixture({}, { Labels: JSON.parse('{"__proto__": "image", "constructor": "c"}') })
  const box = await engine.containers.create({ image: 'app', labels: new Map([['__proto__', 'run']]), env: ['__proto__=x'] })
  const { Labels } = (await box.inspect()).Config
  expect(Object.entries(Labels ?? {})).toEqual([
    ['__proto__', 'run'],
    ['constructor', 'c'],
  ])
  expect(({} as Record<string, unknown>).run).toBeUndefined()
})
