import { treeDigest } from '@layerwright/vfs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf, fixture, textOf } from './fixture.js'

test('what an operation did is there for another engine over the same store', async () => {
  const { engine, another } = await fixture()
  const box = await engine.containers.create({ image: 'app', name: 'box', hold: true, volumes: ['data:/vol'], tmpfs: ['/scratch'] })
  await box.start()
  await box.filesystem((fs) => {
    fs.writeFile('/srv/new', 'new\n')
    fs.writeFile('/vol/shared', 'one\n')
    fs.writeFile('/scratch/t', 'gone at stop\n')
    fs.chmod('/', 0o700)
  })
  const again = await another().containers.get('box')
  await again.filesystem(async (fs) => {
    expect(await textOf(fs, '/srv/new')).toBe('new\n')
    expect(await textOf(fs, '/vol/shared')).toBe('one\n')
    expect(await textOf(fs, '/scratch/t')).toBe('gone at stop\n')
    expect(fs.stat('/').mode).toBe(0o700)
    expect(fs.stat('/scratch').mode).toBe(0o1777)
  })
  // and back: the first engine sees what the second one wrote
  await again.filesystem((fs) => fs.writeFile('/vol/shared', 'two\n', { flag: 'a' }))
  expect(await box.filesystem((fs) => textOf(fs, '/vol/shared'))).toBe('one\ntwo\n')
  await again.stop()
  await box.start()
  expect(await box.filesystem((fs) => fs.exists('/scratch/t'))).toBe(false)
})

test('links made in the container stay one file in the next process; a pair of the image splits on the first write', async () => {
  const { engine, another } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true })
  await box.start()
  await box.filesystem((fs) => {
    fs.writeFile('/srv/one', '1')
    fs.link('/srv/one', '/srv/two')
  })
  const next = await another().containers.get(box.id)
  await next.filesystem(async (fs) => {
    fs.writeFile('/srv/one', '2', { flag: 'a' })
    expect(await textOf(fs, '/srv/two')).toBe('12')
    fs.writeFile('/srv/hard-a', 'more\n', { flag: 'a' })
    expect(await textOf(fs, '/srv/hard-b')).toBe('linked\n')
  })
})

test('names that layers reserve are kept all the same', async () => {
  const { engine, another } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true })
  await box.start()
  await box.filesystem((fs) => {
    for (const name of ['.wh.x', '.wwh.x', '.wh..wh..opq']) fs.writeFile(`/srv/${name}`, name)
    fs.unlink('/srv/plain.txt')
  })
  const next = await another().containers.get(box.id)
  await next.filesystem(async (fs) => {
    for (const name of ['.wh.x', '.wwh.x', '.wh..wh..opq']) expect(await textOf(fs, `/srv/${name}`)).toBe(name)
    expect(fs.exists('/srv/plain.txt')).toBe(false)
    expect(fs.exists('/srv/hard-a')).toBe(true)
  })
})

test('creating a container writes no blob', async () => {
  const { engine, store } = await fixture()
  const blobs = async () => {
    const digests: string[] = []
    for await (const { digest } of store.blobs()) digests.push(digest)
    return digests.sort()
  }
  const before = await blobs()
  for (let index = 0; index < 20; index++) await engine.containers.create({ image: 'app' })
  expect(await blobs()).toEqual(before)
  expect(await engine.containers.list()).toHaveLength(20)
})

test('engines that write into one volume at the same time lose nothing', async () => {
  const { engine, another } = await fixture()
  const engines = [engine, another(), another()]
  const boxes = await Promise.all(engines.map((each) => each.containers.create({ image: 'app', hold: true, volumes: ['log:/log'] })))
  await Promise.all(boxes.map((box) => box.start()))
  const lines = Array.from({ length: 10 }, (_, line) => line)
  await Promise.all(
    boxes.flatMap((box, who) => lines.map((line) => box.filesystem((fs) => fs.writeFile('/log/l', `${who}.${line}\n`, { flag: 'a' })))),
  )
  const text = await engine.volumes.filesystem('log', (fs) => textOf(fs, '/l'))
  expect(new Set(text.trim().split('\n')).size).toBe(30)
})

test('two containers cannot get one name, however close together', async () => {
  const { engine, another } = await fixture()
  const codes = await Promise.all(
    [engine, another(), another()].map((each) => codeOf(each.containers.create({ image: 'app', name: 'same' }))),
  )
  expect(codes.sort()).toEqual(['CONTAINER_NAME_CONFLICT', 'CONTAINER_NAME_CONFLICT', 'no error'])
})

test('a record that cannot be read is an error that says so', async () => {
  const { engine, store } = await fixture()
  const box = await engine.containers.create({ image: 'app' })
  await store.putRecord('container', box.id, new TextEncoder().encode('{"version":1'))
  expect(await codeOf(box.diff())).toBe('CORRUPT_RECORD')
  expect(await codeOf(box.remove())).toBe('CORRUPT_RECORD')
  await box.remove({ force: true })
  expect(await engine.containers.list()).toEqual([])
})

const names = fc.constantFrom('plain.txt', 'hard-a', 'hard-b', 'x', 'y', 'd', 'to-data')
const places = fc.constantFrom('/srv', '/data', '/data/nest', '/srv/d')
const path = fc.tuple(places, names).map(([dir, name]) => `${dir}/${name}`)
const action = fc.oneof(
  fc.tuple(fc.constant('write'), path, fc.string({ maxLength: 4 })),
  fc.tuple(fc.constant('append'), path, fc.string({ maxLength: 4 })),
  fc.tuple(fc.constantFrom('mkdir', 'unlink', 'rm', 'chmod', 'touch'), path, fc.constant('')),
  fc.tuple(fc.constantFrom('link', 'rename', 'symlink'), path, path),
)

test('opening a container anew never changes what it holds', async () => {
  const { engine, another } = await fixture()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(action, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 }), async (rounds) => {
      const steady = await engine.containers.create({ image: 'app', hold: true })
      const moving = await engine.containers.create({ image: 'app', hold: true })
      for (const box of [steady, moving]) await box.start()
      for (const round of rounds) {
        const results = await Promise.all(
          [steady, await another().containers.get(moving.id)].map((box) =>
            box.filesystem((fs) =>
              round.map(([op, from, to]) => {
                try {
                  if (op === 'write') fs.writeFile(from, to)
                  else if (op === 'append') fs.writeFile(from, to, { flag: 'a' })
                  else if (op === 'mkdir') fs.mkdir(from)
                  else if (op === 'unlink') fs.unlink(from)
                  else if (op === 'rm') fs.rm(from, { recursive: true })
                  else if (op === 'chmod') fs.chmod(from, 0o711)
                  else if (op === 'touch') fs.utimes(from, 5n)
                  else if (op === 'link') fs.link(from, to)
                  else if (op === 'rename') fs.rename(from, to)
                  else fs.symlink(from, to)
                  return 'ok'
                } catch (error) {
                  return (error as { code?: string }).code
                }
              }),
            ),
          ),
        )
        expect(results[1]).toEqual(results[0])
      }
      const fresh = await another().containers.get(moving.id)
      expect(await fresh.diff()).toEqual(await steady.diff())
      expect(await treeDigest(await fresh.snapshot(), 'selection')).toBe(await treeDigest(await steady.snapshot(), 'selection'))
      for (const box of [steady, moving]) await box.remove({ force: true })
    }),
    { numRuns: 60 },
  )
})
