import { expect, test } from 'vitest'
import { codeOf, fixture, putImage, textOf } from './fixture.js'

test('an empty volume is filled from the image, with owner and mode of the place', async () => {
  const { engine } = await fixture()
  await engine.containers.create({ image: 'app', volumes: ['vol-v:/data:ro'] })
  await engine.volumes.filesystem('vol-v', async (fs) => {
    expect(await textOf(fs, '/a.txt')).toBe('A\n')
    expect(await textOf(fs, '/nest/b.txt')).toBe('B\n')
    expect(fs.stat('/')).toMatchObject({ mode: 0o750, uid: 1000, gid: 50 })
    fs.rm('/a.txt')
  })
  // not empty: left alone
  await engine.containers.create({ image: 'app', volumes: ['vol-v:/data'] })
  expect(await engine.volumes.filesystem('vol-v', (fs) => fs.exists('/a.txt'))).toBe(false)
})

test('nocopy leaves it empty, and does not keep the next container from filling it', async () => {
  const { engine } = await fixture()
  await engine.containers.create({ image: 'app', volumes: ['vol-v:/data:nocopy'] })
  expect(await engine.volumes.filesystem('vol-v', (fs) => fs.readdir('/'))).toEqual([])
  await engine.containers.create({ image: 'app', volumes: ['vol-v:/data'] })
  expect(await engine.volumes.filesystem('vol-v', (fs) => fs.exists('/a.txt'))).toBe(true)
})

test('hard links of the image are links in the volume', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: ['vol-v:/srv'] })
  await box.start()
  await box.filesystem(async (fs) => {
    fs.writeFile('/srv/hard-a', 'x', { flag: 'a' })
    expect(await textOf(fs, '/srv/hard-b')).toBe('linked\nx')
  })
})

test('what is in a volume reaches neither the change list, nor a commit, nor an export', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: ['vol-v:/data'] })
  await box.start()
  await box.filesystem((fs) => fs.writeFile('/data/secret', 's'))
  expect(await box.diff()).toEqual([])
  const entries = (await box.snapshot()).entries.get('data')
  expect(entries?.type === 'dir' && [...entries.entries.keys()].sort()).toEqual(['a.txt', 'nest'])
  await box.commit({ reference: 'after' })
  const next = await engine.containers.create({ image: 'after', hold: true })
  await next.start()
  expect(await next.filesystem((fs) => fs.exists('/data/secret'))).toBe(false)
})

test('a subpath is a part of the volume, links in it resolve inside the volume, and a missing one refuses the start', async () => {
  const { engine } = await fixture()
  await engine.volumes.create({ name: 'vol-v' })
  await engine.volumes.filesystem('vol-v', (fs) => {
    fs.mkdir('/sub')
    fs.writeFile('/sub/f', 'sub')
    fs.symlink('/sub', '/link')
  })
  const subpath = (path: string) => ({ type: 'volume', source: 'vol-v', target: '/m', volume: { subpath: path } }) as const
  for (const path of ['sub', 'link']) {
    const box = await engine.containers.create({ image: 'app', hold: true, mounts: [subpath(path)] })
    await box.start()
    expect(await box.filesystem((fs) => textOf(fs, '/m/f'))).toBe('sub')
  }
  const missing = await engine.containers.create({ image: 'app', hold: true, mounts: [subpath('none')] })
  expect(await codeOf(missing.start())).toBe('PATH_NOT_FOUND')
})

test('a volume stays while any container refers to it', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', volumes: ['vol-v:/v'] })
  expect(await codeOf(engine.volumes.remove('vol-v', { force: true }))).toBe('VOLUME_IN_USE')
  await box.remove({ volumes: true })
  expect((await engine.volumes.list()).map(({ name }) => name)).toEqual(['vol-v'])
  await engine.volumes.remove('vol-v')
  expect(await codeOf(engine.volumes.remove('vol-v'))).toBe('NO_SUCH_VOLUME')
  await engine.volumes.remove('vol-v', { force: true })
})

test('anonymous volumes go with the last container that lets go of them', async () => {
  const { engine, store } = await fixture()
  await putImage(store, 'declares', { Volumes: { '/data': {} } })
  const first = await engine.containers.create({ image: 'declares', name: 'first' })
  const second = await engine.containers.create({ image: 'app', volumesFrom: ['first'] })
  await first.remove({ volumes: true })
  expect(await engine.volumes.list()).toHaveLength(1)
  await second.remove({ volumes: true })
  expect(await engine.volumes.list()).toHaveLength(0)
})

test('filters, labels and prune', async () => {
  const { engine } = await fixture()
  await engine.volumes.create({ name: 'one', labels: new Map([['k', 'v']]) })
  await engine.volumes.create({ name: 'two', labels: new Map([['k', 'w']]) })
  const anonymous = await engine.volumes.create()
  await engine.containers.create({ image: 'app', volumes: ['one:/v'] })
  const names = async (...filters: string[]) => (await engine.volumes.list(filters)).map(({ name }) => name)
  expect(await names('label=k=w')).toEqual(['two'])
  expect(await names('dangling=false')).toEqual(['one'])
  expect(await names('name=^t', 'name=on')).toEqual(['one', 'two'])
  expect(await codeOf(engine.volumes.list(['bogus=1']))).toBe('INVALID_FILTER')
  expect(await codeOf(engine.volumes.list(['dangling=perhaps']))).toBe('INVALID_FILTER')
  expect(await engine.volumes.prune()).toEqual([anonymous])
  expect(await engine.volumes.prune({ all: true, filters: ['label!=k=w'] })).toEqual([])
  expect(await engine.volumes.prune({ all: true })).toEqual(['two'])
})

test.each(['a', '-lead', '.lead', 'has space', 'sl/ash', 'grün', '..', '__proto__'])('%s is no volume name', async (name) => {
  const { engine } = await fixture()
  expect(await codeOf(engine.volumes.create({ name }))).toBe('INVALID_VOLUME_NAME')
})

test('creating a volume again changes nothing', async () => {
  const { engine } = await fixture()
  await engine.volumes.create({ name: 'vol-v', labels: new Map([['a', '1']]) })
  await engine.volumes.create({ name: 'vol-v', labels: new Map([['b', '2']]) })
  expect((await engine.volumes.inspect('vol-v')).labels).toEqual(new Map([['a', '1']]))
})
