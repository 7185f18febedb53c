import { parseLongMount, parseShortMount } from '@layerwright/container'
import { describe, expect, test } from 'vitest'
import { codeOf, fixture, putImage, textOf } from './fixture.js'

const codeFrom = (work: () => unknown): string => {
  try {
    work()
    return 'no error'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('-v', () => {
  test.each([
    ['/t', { kind: 'anonymous', target: '/t' }],
    ['name:/t', { kind: 'mount', mode: '', request: { type: 'volume', source: 'name', target: '/t', readonly: false } }],
    ['/h:/t:ro', { kind: 'mount', mode: 'ro', request: { type: 'bind', source: '/h', target: '/t', readonly: true } }],
    [
      'n:/t:nocopy,ro',
      {
        kind: 'mount',
        mode: 'nocopy,ro',
        request: { type: 'volume', source: 'n', target: '/t', readonly: true, volume: { nocopy: true } },
      },
    ],
  ])('%s', (text, expected) => {
    expect(parseShortMount(text)).toEqual(expected)
  })

  test.each(['a:b:c:d', ':/t', '/t:ro', '/h:/t:ro,rw', '/h:/t:nocopy', 'n:/t:bogus', 'n:/t:shared', '/h:'])('%s is refused', (text) => {
    expect(codeFrom(() => parseShortMount(text))).toBe('INVALID_MOUNT_SPEC')
  })
})

describe('--mount', () => {
  test.each([
    ['src=n,dst=/t', { type: 'volume', source: 'n', target: '/t', readonly: false }],
    ['type=bind,source=/h,target=/t,ro', { type: 'bind', source: '/h', target: '/t', readonly: true }],
    ['type=bind,"source=/a,b",target=/t', { type: 'bind', source: '/a,b', target: '/t', readonly: false }],
    [
      'type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=0700',
      { type: 'tmpfs', target: '/t', readonly: false, tmpfs: { size: 1 << 20, mode: 0o700 } },
    ],
    [
      'target=/t,volume-nocopy,volume-subpath=a/b',
      { type: 'volume', target: '/t', readonly: false, volume: { nocopy: true, subpath: 'a/b' } },
    ],
  ])('%s', (text, expected) => {
    expect(parseLongMount(text)).toEqual(expected)
  })

  test('labels are just keys', () => {
    const { volume } = parseLongMount('source=n,target=/t,volume-label=__proto__=x,volume-label=b')
    expect(Object.entries(volume?.labels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['b', ''],
    ])
  })

  test.each([
    'target',
    'type=volume',
    'type=,target=/t',
    'type=nfs,target=/t',
    'target=/t,bogus=1',
    'target=/t,ro=maybe',
    'type=bind,source=/h,target=/t,volume-nocopy',
    'type=tmpfs,target=/t,tmpfs-mode=99',
    'type=volume,target=/t,tmpfs-size=1',
    '"target=/t',
  ])('%s is refused', (text) => {
    expect(codeFrom(() => parseLongMount(text))).toBe('INVALID_MOUNT_SPEC')
  })
})

test.each([
  [{ volumes: ['vol-v:/d', 'vol-w:/d/'] }, 'DUPLICATE_MOUNT_POINT'],
  [{ volumes: ['vol-v:/d'], tmpfs: ['/x/../d'] }, 'DUPLICATE_MOUNT_POINT'],
  [{ tmpfs: ['/d', '/d:ro'] }, 'DUPLICATE_MOUNT_POINT'],
  [{ volumes: ['vol-v:/'] }, 'MOUNT_TARGET_IS_ROOT'],
  [{ volumes: ['vol-v:rel'] }, 'MOUNT_TARGET_NOT_ABSOLUTE'],
  [{ volumes: ['./p:/d'] }, 'INVALID_VOLUME_NAME'],
  [{ mounts: ['type=volume,source=vol-v,target=/d,volume-driver=nope'] }, 'NO_SUCH_VOLUME_DRIVER'],
  [{ mounts: ['type=volume,source=vol-v,target=/d,volume-opt=bogus=1'] }, 'INVALID_VOLUME_OPTION'],
  [{ mounts: ['type=volume,target=/d,ro'] }, 'INVALID_MOUNT_SPEC'],
  [{ mounts: ['type=bind,source=/h,target=/d'] }, 'HOST_NOT_AVAILABLE'],
  [{ volumesFrom: ['ghost'] }, 'NO_SUCH_CONTAINER'],
  [{ volumes: ['vol-v:/srv/plain.txt'] }, 'MOUNT_TYPE_MISMATCH'],
] as const)('%j is refused at create and leaves nothing behind', async (mounts, code) => {
  const { engine } = await fixture()
  expect(await codeOf(engine.containers.create({ image: 'app', ...mounts }))).toBe(code)
  expect(await engine.containers.list()).toEqual([])
  expect(await engine.volumes.list()).toEqual([])
})

test('mounts are laid out shallow to deep, and the inner mount point appears in the outer volume', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: ['inner:/new/in/side', 'outer:/new'] })
  await box.start()
  await box.filesystem((fs) => {
    fs.writeFile('/new/in/side/f', 'inner')
    fs.writeFile('/new/g', 'outer')
  })
  expect(await engine.volumes.filesystem('outer', (fs) => fs.readdir('/').map(({ name }) => name))).toEqual(['g', 'in'])
  expect(await engine.volumes.filesystem('inner', (fs) => fs.readdir('/').map(({ name }) => name))).toEqual(['f'])
  expect(await box.diff()).toEqual([{ kind: 'A', path: '/new' }])
})

test('a missing mount point in a read-only mount refuses the start; the container stays as it was', async () => {
  const { engine } = await fixture()
  await engine.volumes.create({ name: 'ro' })
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: ['ro:/outer:ro', 'rw:/outer/inner'] })
  expect(await codeOf(box.start())).toBe('READ_ONLY_FILESYSTEM')
  expect((await box.inspect()).State).toMatchObject({ Status: 'created', Running: false })
  expect((await box.inspect()).State.Error).toContain('/outer/inner')
})

test('a volume on a link lands where the link leads', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true, volumes: ['vol-v:/srv/to-data'] })
  await box.start()
  await box.filesystem(async (fs) => {
    expect(await textOf(fs, '/data/a.txt')).toBe('A\n')
    fs.writeFile('/data/more', 'm')
  })
  expect(await engine.volumes.filesystem('vol-v', (fs) => fs.exists('/more'))).toBe(true)
  expect(await box.diff()).toEqual([])
})

test('volumes-from narrows access, leaves tmpfs out, and own mounts win', async () => {
  const { engine } = await fixture()
  await engine.containers.create({ image: 'app', name: 'source', volumes: ['vol-a:/a', 'vol-b:/b', '/anon'], tmpfs: ['/t'] })
  const box = await engine.containers.create({ image: 'app', volumesFrom: ['source:ro'], volumes: ['own:/b'] })
  const mounts = (await box.inspect()).Mounts.map(({ Destination, Name, RW }) => [Destination, Name?.slice(0, 5), RW])
  expect(mounts).toEqual([
    ['/a', 'vol-a', false],
    ['/anon', expect.any(String), false],
    ['/b', 'own', true],
  ])
})

test('a tmpfs has the mode that it is told, that of what it covers, or 1777', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true, tmpfs: ['/data', '/made', '/told:mode=700,uid=7'] })
  await box.start()
  const seen = await box.filesystem((fs) => ['/data', '/made', '/told'].map((path) => [fs.stat(path).mode.toString(8), fs.stat(path).uid]))
  expect(seen).toEqual([
    ['750', 0],
    ['1777', 0],
    ['700', 7],
  ])
})

test('an unknown tmpfs option is refused when it is mounted', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true, tmpfs: ['/t:bogus=1'] })
  expect(await codeOf(box.start())).toBe('INVALID_MOUNT_SPEC')
})

test('the root can be read-only while mounts are written to', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true, readonlyRootfs: true, volumes: ['vol-v:/vol'] })
  await box.start()
  expect(await codeOf(box.filesystem((fs) => fs.writeFile('/srv/x', 'x')))).toBe('EROFS')
  await box.filesystem((fs) => fs.writeFile('/vol/x', 'x'))
  expect(await box.diff()).toEqual([{ kind: 'A', path: '/vol' }])
})

test('VOLUME of the image gets an anonymous volume where nothing else is mounted', async () => {
  const { engine, store } = await fixture()
  await putImage(store, 'declares', { Volumes: { '/data': {}, '/other': {} } })
  const box = await engine.containers.create({ image: 'declares', volumes: ['mine:/data'] })
  const { Mounts } = await box.inspect()
  expect(Mounts.map(({ Destination, Name }) => [Destination, Name === 'mine'])).toEqual([
    ['/data', true],
    ['/other', false],
  ])
})

test('a working directory below a volume is in the layer and in the volume; below a read-only tree of another it refuses the start', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', volumes: ['deep:/deep:ro'], workdir: '/deep/in/side' })
  expect((await box.diff()).map(({ path }) => path)).toEqual(['/deep', '/deep/in', '/deep/in/side'])
  expect(await engine.volumes.filesystem('deep', (fs) => fs.exists('/in/side'))).toBe(true)
  await box.start()
  await engine.volumes.filesystem('deep', (fs) => fs.rm('/in', { recursive: true }))
  expect(await codeOf(box.start())).toBe('READ_ONLY_FILESYSTEM')
})
