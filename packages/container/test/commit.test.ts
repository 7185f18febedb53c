import { parseReference } from '@layerwright/image'
import { memoryContent } from '@layerwright/vfs'
import { expect, test } from 'vitest'
import { codeOf, fixture, textOf } from './fixture.js'

test('a commit is the image, the layer, and a line of history', async () => {
  const { engine } = await fixture()
  const { container } = await engine.containers.run({ image: 'app', entrypoint: ['/bin/sh', '-c'], command: ['echo made > /srv/made'] })
  await container.commit({ reference: 'after', author: 'me', message: 'why' })
  expect(await engine.images.history('after')).toMatchObject([{ created_by: 'echo made > /srv/made', author: 'me', comment: 'why' }])
  const next = await engine.containers.create({ image: 'after', hold: true })
  await next.start()
  expect(await next.filesystem((fs) => textOf(fs, '/srv/made'))).toBe('made\n')
  expect(await next.diff()).toEqual([])
})

test('a container that was never changed adds a line and no layer', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app' })
  await box.commit({ reference: 'same' })
  expect(await engine.images.history('same')).toMatchObject([{ empty_layer: true, created_by: 'true' }])
})

test('changes follow the rules of a Dockerfile', async () => {
  const { engine } = await fixture({}, { Env: ['PATH=/bin', 'KEEP=1'], WorkingDir: '/srv' })
  const box = await engine.containers.create({ image: 'app' })
  const changes = [
    'ENV NEW=$KEEP-2',
    'ENTRYPOINT exec echo',
    'WORKDIR sub',
    'EXPOSE 53/udp 80',
    'label a=b',
    'VOLUME /v',
    'USER app',
    'ONBUILD RUN x',
  ]
  await box.commit({ reference: 'after', changes })
  const { Config } = await (await engine.containers.create({ image: 'after' })).inspect()
  expect(Config).toMatchObject({
    Env: ['PATH=/bin', 'KEEP=1', 'NEW=1-2'],
    Entrypoint: ['/bin/sh', '-c', 'exec echo'],
    Cmd: null,
    WorkingDir: '/srv/sub',
    ExposedPorts: { '53/udp': {}, '80/tcp': {} },
    Labels: { a: 'b' },
    Volumes: { '/v': {} },
    User: 'app',
  })
})

test.each([
  ['ENTRYPOINT []', ['/bin/echo'], ['a', 'b']],
  ['CMD ["c"]', ['/bin/echo'], ['c']],
  ['ENTRYPOINT ["x"]', ['x'], null],
])('after %s the entrypoint is %j and the command %j', async (change, entrypoint, command) => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', entrypoint: ['/bin/echo'], command: ['a', 'b'] })
  await box.commit({ reference: 'after', changes: [change] })
  const { Config } = await (await engine.containers.create({ image: 'after' })).inspect()
  expect([Config.Entrypoint, Config.Cmd]).toEqual([entrypoint, command])
})

test('a commit gives no PATH to an image that has none', async () => {
  const { engine } = await fixture({}, { Env: [] })
  await (await engine.containers.create({ image: 'app' })).commit({ reference: 'after', changes: ['USER app'] })
  expect((await (await engine.containers.create({ image: 'after' })).inspect()).Config.Env).toEqual([])
})

test.each(['RUN true', 'COPY a b', 'FROM x', 'SHELL ["x"]', 'ARG x', 'MAINTAINER me', 'STOPSIGNAL 9', 'NONSENSE', 'ENV', ''])(
  'the change %j is refused',
  async (change) => {
    const { engine } = await fixture()
    const box = await engine.containers.create({ image: 'app' })
    expect(await codeOf(box.commit({ changes: [change] }))).toBe('INVALID_CHANGE')
  },
)

test('a commit without a name is an image without a name; onto a name, it moves it', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true })
  await box.start()
  const names = async () => (await engine.images.list()).map(({ refs }) => refs.map((ref) => parseReference(ref).familiar).join() || 'none')
  await box.commit()
  expect(await names()).toEqual(['app:latest', 'none'])
  await box.filesystem((fs) => fs.writeFile('/srv/x', 'x'))
  await box.commit({ reference: 'app' })
  expect(await names()).toEqual(['app:latest', 'none', 'none'])
  expect(await codeOf(box.commit({ reference: 'Upper' }))).toBe('INVALID_REFERENCE')
})

test('an export imports as an image of one layer', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true })
  await box.start()
  await box.filesystem((fs) => fs.writeFile('/srv/x', 'x'))
  const chunks: number[] = []
  await box.export((bytes) => void chunks.push(...bytes))
  await engine.images.import(memoryContent(Uint8Array.from(chunks)), {
    reference: 'flat',
    changes: ['CMD ["true"]'],
    message: 'from a box',
  })
  expect(await engine.images.history('flat')).toMatchObject([{ comment: 'from a box' }])
  const flat = await engine.containers.create({ image: 'flat', hold: true })
  await flat.start()
  await flat.filesystem(async (fs) => {
    expect(await textOf(fs, '/srv/x')).toBe('x')
    expect(fs.stat('/srv/hard-a').ino).toBe(fs.stat('/srv/hard-b').ino)
  })
})
