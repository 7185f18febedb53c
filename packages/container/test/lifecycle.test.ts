import { exitCodeOf } from '@layerwright/container'
import { expect, test } from 'vitest'
import { codeOf, fixture, output, putImage } from './fixture.js'

test('run gives what the main process puts out, and its status; start does it again', async () => {
  const { engine } = await fixture()
  const { onOutput, text } = output()
  const { container, exitCode } = await engine.containers.run(
    { image: 'app', command: ['/bin/sh', '-c', 'echo out; echo err >&2; exit 7'] },
    { onOutput },
  )
  expect([exitCode, text()]).toEqual([7, 'out\n'])
  expect((await container.inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 7, Running: false })
  expect(await container.wait()).toBe(7)
  expect(await container.start()).toEqual({ exitCode: 7 })
  const log = await container.logs()
  const of = (stream: string) =>
    log
      .filter((entry) => entry.stream === stream)
      .map(({ bytes }) => new TextDecoder().decode(bytes))
      .join('')
  expect([of('stdout'), of('stderr')]).toEqual(['out\nout\n', 'err\nerr\n'])
})

test('standard input reaches the process', async () => {
  const { engine } = await fixture()
  const { onOutput, text } = output()
  await engine.containers.run({ image: 'app', command: ['cat'] }, { onOutput, stdin: new TextEncoder().encode('hello') })
  expect(text()).toBe('hello')
})

test.each([
  [{ command: ['no-such-cmd'] }, 'COMMAND_NOT_FOUND', 127],
  [{ command: ['/no/such/file'] }, 'COMMAND_NOT_FOUND', 127],
  [{ command: ['/srv/plain.txt'] }, 'COMMAND_NOT_EXECUTABLE', 126],
  [{ command: ['/srv'] }, 'COMMAND_NOT_EXECUTABLE', 126],
  [{ user: 'nobody-here' }, 'NO_SUCH_USER', 125],
  [{ user: '4294967295' }, 'NO_SUCH_USER', 125],
  [{ workdir: 'rel' }, 'WORKDIR_NOT_ABSOLUTE', 125],
  [{ workdir: '/srv/plain.txt' }, 'WORKDIR_NOT_A_DIRECTORY', 125],
  [{ image: 'ghost' }, 'NO_SUCH_IMAGE', 125],
  [{ image: 'Bad Name' }, 'INVALID_REFERENCE', 125],
] as const)('run with %j fails with %s, status %i', async (options, code, status) => {
  const { engine } = await fixture()
  const error = await engine.containers.run({ image: 'app', ...options }).catch((reason: unknown) => reason)
  expect((error as { code: string }).code).toBe(code)
  expect(exitCodeOf(error, 'run')).toBe(status)
})

test.each([
  [{ argv: ['no-such-cmd'] }, 'COMMAND_NOT_FOUND', 127],
  [{ argv: ['true'], workdir: '/none' }, 'WORKDIR_MISSING', 126],
  [{ argv: ['true'], workdir: 'rel' }, 'WORKDIR_NOT_ABSOLUTE', 126],
  [{ argv: ['true'], workdir: '/srv/plain.txt' }, 'WORKDIR_NOT_A_DIRECTORY', 126],
  [{ argv: ['true'], user: 'nobody-here' }, 'NO_SUCH_USER', 126],
] as const)('exec with %j fails with %s, status %i', async (options, code, status) => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', hold: true })
  await box.start()
  const error = await box.exec(options).catch((reason: unknown) => reason)
  expect((error as { code: string }).code).toBe(code)
  expect(exitCodeOf(error, 'exec')).toBe(status)
})

test('entrypoint, command, variables, labels and working directory of image and caller', async () => {
  const config = {
    Env: ['PATH=/bin', 'A=image', 'B=image'],
    Entrypoint: ['/bin/echo', 'ep'],
    Cmd: ['cmd'],
    Labels: { a: '1', b: '1' },
    WorkingDir: '/srv',
  }
  const { engine } = await fixture({}, config)
  const inspect = async (options: object) => {
    const { Path, Args, Config } = await (await engine.containers.create({ image: 'app', ...options })).inspect()
    return { argv: [Path, ...Args], ...Config }
  }
  expect((await inspect({})).argv).toEqual(['/bin/echo', 'ep', 'cmd'])
  expect((await inspect({ command: ['x'] })).argv).toEqual(['/bin/echo', 'ep', 'x'])
  expect((await inspect({ entrypoint: ['/bin/cat'] })).argv).toEqual(['/bin/cat'])
  expect(await codeOf(inspect({ entrypoint: [] }))).toBe('NO_COMMAND')
  const given = await inspect({ env: ['A=run', 'B', '__proto__=x'], labels: new Map([['b', '2']]), workdir: '/a/./b/' })
  expect(given.Env).toEqual(['A=run', 'B', '__proto__=x', 'PATH=/bin'])
  expect({ ...given.Labels }).toEqual({ a: '1', b: '2' })
  expect(given.WorkingDir).toBe('/a/b')
  const { onOutput, text } = output()
  const show = ['/bin/sh', '-c', 'echo "$A [$B] $HOME $(pwd)"']
  await engine.containers.run({ image: 'app', entrypoint: show, env: ['A=run', 'B'] }, { onOutput })
  expect(text()).toBe('run [] /root /srv\n')
})

test('what exec sets is gone with it', async () => {
  const { engine } = await fixture({}, { Env: ['PATH=/bin', 'A=image'] })
  const box = await engine.containers.create({ image: 'app', hold: true })
  await box.start()
  const say = async (env: string[]) => {
    const { onOutput, text } = output()
    await box.exec({ argv: ['/bin/sh', '-c', 'echo $A $X'], env, onOutput })
    return text()
  }
  expect(await say(['A=exec', 'X=1'])).toBe('exec 1\n')
  expect(await say([])).toBe('image\n')
})

test('a container that removes itself goes with its anonymous volumes, also when it cannot start', async () => {
  const { engine } = await fixture()
  await engine.containers.run({ image: 'app', autoRemove: true, volumes: ['/anon', 'named:/named'] })
  await codeOf(engine.containers.run({ image: 'app', autoRemove: true, command: ['none'], volumes: ['/anon'] }))
  expect(await engine.containers.list()).toEqual([])
  expect((await engine.volumes.list()).map(({ name }) => name)).toEqual(['named'])
})

test('a container runs, stops, and is only removed by force while it runs', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', name: 'box', hold: true })
  expect(await codeOf(box.exec({ argv: ['true'] }))).toBe('CONTAINER_NOT_RUNNING')
  expect(await codeOf(box.kill())).toBe('CONTAINER_NOT_RUNNING')
  await box.start()
  await box.start()
  expect(await codeOf(box.remove())).toBe('CONTAINER_RUNNING')
  expect(await codeOf(box.kill('SIGNONE'))).toBe('INVALID_SIGNAL')
  await box.kill('TERM')
  expect((await box.inspect()).State.Running).toBe(true)
  await box.kill()
  expect((await box.inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 137 })
  await box.restart()
  await box.stop()
  await box.stop()
  await box.remove()
  expect(await codeOf(box.inspect())).toBe('NO_SUCH_CONTAINER')
})

test('names: found by name, id and its beginning; renamed, refused, invented', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ image: 'app', name: 'box' })
  const other = await engine.containers.create({ image: 'app' })
  expect((await other.inspect()).Name).toMatch(/^\/[a-z]+_[a-z]+\d*$/)
  for (const reference of ['box', '/box', box.id, box.id.slice(0, 12)]) expect((await engine.containers.get(reference)).id).toBe(box.id)
  expect(await codeOf(box.rename('box'))).toBe('RENAME_SAME_NAME')
  expect(await codeOf(box.rename('-x'))).toBe('INVALID_CONTAINER_NAME')
  expect(await codeOf(other.rename('box'))).toBe('CONTAINER_NAME_CONFLICT')
  await box.rename('fresh')
  expect(await codeOf(engine.containers.get('box'))).toBe('NO_SUCH_CONTAINER')
  for (const name of ['a', 'a b', '']) expect(await codeOf(engine.containers.create({ image: 'app', name }))).toBe('INVALID_CONTAINER_NAME')
})

test('a container whose process was run by a process that died counts as killed', async () => {
  const { engine, store, another } = await fixture()
  const box = await engine.containers.create({ image: 'app' })
  const text = new TextDecoder().decode(await store.record('container', box.id))
  const record = JSON.parse(text)
  await store.putRecord(
    'container',
    box.id,
    new TextEncoder().encode(JSON.stringify({ ...record, state: { ...record.state, status: 'running' } })),
  )
  const found = await another().containers.get(box.id)
  expect(await found.start()).toEqual({ exitCode: 0 })
})

test('an image goes with its last name; a container on it has to be forced away, and works on', async () => {
  const { engine, store } = await fixture()
  await engine.images.tag('app', 'second:v1')
  expect((await engine.images.remove('second:v1')).deleted).toBeUndefined()
  const box = await engine.containers.create({ image: 'app', hold: true })
  expect(await codeOf(engine.images.remove('app'))).toBe('IMAGE_IN_USE')
  const { untagged, deleted } = await engine.images.remove('app', { force: true })
  expect([untagged, deleted !== undefined]).toEqual([['app:latest'], true])
  await box.start()
  expect(await box.filesystem((fs) => fs.exists('/srv/plain.txt'))).toBe(true)
  expect(await codeOf(engine.images.remove('app'))).toBe('NO_SUCH_IMAGE')
  // and a collection of the store leaves it what it needs
  await box.filesystem((fs) => fs.writeFile('/srv/kept', 'k'))
  await store.collect(await engine.reachable())
  await box.restart()
  expect(await box.filesystem((fs) => fs.exists('/srv/kept'))).toBe(true)
  await putImage(store, 'later')
})

test('an aborted main process counts as killed, and what it wrote before is there', async () => {
  const { engine } = await fixture()
  const controller = new AbortController()
  const box = await engine.containers.create({
    image: 'app',
    command: ['/bin/sh', '-c', 'echo x > /srv/begun; echo ready; while true; do :; done'],
  })
  const run = box.start({ signal: controller.signal, onOutput: () => controller.abort() })
  expect(await codeOf(run)).toBe('RUN_ABORTED')
  expect((await box.inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 137 })
  expect((await box.diff()).map(({ path }) => path)).toContain('/srv/begun')
})

test('options that there are not are named, with what was meant, and nothing is made', async () => {
  const { engine } = await fixture()
  const wrong = { image: 'app', command: 'ls -l', envs: ['A=1'], autoremove: true, labels: { a: 'b' }, settings: { ulimits: [] } }
  await expect(engine.containers.create(wrong as never)).rejects.toMatchObject({
    code: 'OPTIONS_INVALID',
    faults: [
      '`envs` is no option: did you mean `env`?',
      '`autoremove` is no option: did you mean `autoRemove`?',
      '`command` is no array',
      '`labels` is no Map: give new Map(Object.entries(…))',
      '`settings.ulimits` is no option',
    ],
  })
  await expect(engine.containers.create(undefined as never)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  await expect(engine.containers.run({ image: 'app' }, { detached: true } as never)).rejects.toMatchObject({
    code: 'OPTIONS_INVALID',
    message: expect.stringContaining('did you mean `detach`?'),
  })
  expect(await engine.containers.list()).toEqual([])
  const box = await engine.containers.create({ image: 'app', command: ['true'] })
  await expect(box.exec({ argv: 'ls', cwd: '/' } as never)).rejects.toMatchObject({ faults: ['`cwd` is no option', '`argv` is no array'] })
})

test('containers are listed by what filters say', async () => {
  const { engine, store } = await fixture({}, { Labels: { of: 'image' } })
  await putImage(store, 'other', { Env: ['A=1'] }, (fs) => fs.writeFile('/more', 'more'))
  const first = await engine.containers.create({
    image: 'app',
    name: 'first',
    command: ['/bin/sh', '-c', 'echo > /srv/new'],
    labels: new Map([['team', 'a']]),
    volumes: ['data:/data'],
  })
  await first.start()
  const base = await first.commit({ reference: 'child' })
  await engine.containers.create({ image: 'child', name: 'second', labels: new Map([['team', 'b']]), tmpfs: ['/run'] })
  await engine.containers.run({ image: 'other', name: 'third', command: ['false'] })
  const names = async (...filters: string[]) => (await engine.containers.list(filters)).map(({ name }) => name).sort()
  expect(await names()).toEqual(['first', 'second', 'third'])
  expect(await names('name=ir')).toEqual(['first', 'third'])
  expect(await names('name=ir', 'status=exited')).toEqual(['first', 'third'])
  expect(await names('status=created', 'status=exited')).toEqual(['first', 'second', 'third'])
  expect(await names('exited=1')).toEqual(['third'])
  expect(await names('label=team')).toEqual(['first', 'second'])
  expect(await names('label=of=image', 'label=team=b')).toEqual(['second'])
  expect(await names('volume=data')).toEqual(['first'])
  expect(await names('volume=/run', 'volume=/data')).toEqual(['first', 'second'])
  expect(await names('ancestor=app')).toEqual(['first', 'second'])
  expect(await names(`ancestor=${base}`)).toEqual(['second'])
  expect(await names('ancestor=nothing')).toEqual([])
  expect(await names(`id=${first.id.slice(0, 20)}`)).toEqual(['first'])
  expect((await engine.containers.list(['name=first']))[0]).toMatchObject({
    labels: { of: 'image', team: 'a' },
    mounts: [{ type: 'volume', name: 'data', destination: '/data' }],
  })
  for (const wrong of ['status=paused', 'colour=red', 'name']) expect(await codeOf(engine.containers.list([wrong]))).toBe('INVALID_FILTER')
})
