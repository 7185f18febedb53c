/** Main processes that run beside other operations, in one process. */
import { expect, test } from 'vitest'
import { threadedShell } from '../../executor/test/support.js'
import { codeOf, fixture as inThisThread, textOf } from './fixture.js'

/** In threads of their own: a loop in this one would let nothing else happen. */
const shell = threadedShell()
const fixture = (options: Parameters<typeof inThisThread>[0] = {}) => inThisThread({ executor: async () => shell, ...options })

const LOOP = 'while true; do sleep 0.05; done'
const loop = (script = '') => ({ image: 'app', command: ['/bin/sh', '-c', `${script} ${LOOP}`] })
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

test('a detached container runs while others look at it, and ends by a signal, with what it wrote', async () => {
  const { engine, another } = await fixture()
  const { container, exitCode } = await engine.containers.run({ name: 'box', ...loop('echo x > /srv/new; echo up;') }, { detach: true })
  expect(exitCode).toBeUndefined()
  const other = await another().containers.get('box')
  expect((await other.inspect()).State.Running).toBe(true)
  for await (const { bytes } of other.followLogs()) {
    expect(text(bytes)).toBe('up\n')
    break
  }
  // the simulated shell runs one process at a time, and shows its files to nobody
  expect(await codeOf(other.exec({ argv: ['true'] }))).toBe('RUNNING_STATE_UNAVAILABLE')
  expect(await codeOf(other.diff())).toBe('RUNNING_STATE_UNAVAILABLE')
  expect(await codeOf(other.filesystem(() => undefined))).toBe('RUNNING_STATE_UNAVAILABLE')
  expect(await codeOf(other.remove())).toBe('CONTAINER_RUNNING')
  expect(await other.start()).toEqual({ exitCode: undefined })
  await other.rename('renamed')
  await other.kill('CONT')
  expect((await container.inspect()).State.Running).toBe(true)
  await other.kill('INT')
  expect(await container.wait()).toBe(130)
  expect((await container.inspect()).Name).toBe('/renamed')
  expect((await container.diff()).map(({ path }) => path)).toContain('/srv/new')
})

test('stop sends what the container was made with; restart goes on; force removes what runs', async () => {
  const { engine } = await fixture()
  const box = await engine.containers.create({ ...loop(), stopSignal: 'USR1', autoRemove: true })
  await box.start({ detach: true })
  await box.restart({ detach: true })
  expect((await box.inspect()).State.Running).toBe(true)
  await box.stop({ timeout: 60 })
  expect(await codeOf(box.inspect())).toBe('NO_SUCH_CONTAINER')
  const forced = await engine.containers.create(loop())
  await forced.start({ detach: true })
  await forced.remove({ force: true })
  expect(await engine.containers.list()).toEqual([])
  expect(await codeOf(engine.containers.create({ image: 'app', stopSignal: 'NONE' }))).toBe('INVALID_SIGNAL')
})

test('of two that write one volume, each change is kept; the later end wins where both wrote', async () => {
  const { engine } = await fixture()
  await engine.volumes.create({ name: 'vol' })
  await engine.volumes.filesystem('vol', (fs) => {
    fs.mkdir('/dir')
    fs.writeFile('/dir/old', 'old')
  })
  const write = (script: string) => engine.containers.create({ image: 'app', volumes: ['vol:/vol'], command: ['/bin/sh', '-c', script] })
  const first = await write(`echo first > /vol/dir/one; echo first > /vol/both; echo up; ${LOOP}`)
  await first.start({ detach: true })
  for await (const _ of first.followLogs()) break
  await engine.volumes.filesystem('vol', (fs) => {
    fs.rm('/dir', { recursive: true })
    fs.writeFile('/both', 'second\n')
    fs.writeFile('/two', 'second\n')
  })
  await first.stop()
  await engine.volumes.filesystem('vol', async (fs) => {
    expect([await textOf(fs, '/dir/one'), await textOf(fs, '/both'), await textOf(fs, '/two')]).toEqual(['first\n', 'first\n', 'second\n'])
    expect(fs.exists('/dir/old')).toBe(false)
  })
})

test('a log is kept in order over its pieces, and no longer than its limit', async () => {
  const lines = 3000
  const script = `i=0; while [ $i -lt ${lines} ]; do echo "line $i ----------------------------------------"; i=$((i+1)); done`
  const { engine } = await fixture()
  const { container } = await engine.containers.run({ image: 'app', command: ['/bin/sh', '-c', script] })
  const whole = (await container.logs()).map(({ bytes }) => text(bytes)).join('')
  expect(whole.split('\n').map((line) => line.split(' ')[1])).toEqual([...Array.from({ length: lines }, (_, i) => String(i)), undefined])
  const bounded = await fixture({ limits: { logBytes: 1 << 16 } })
  const short = await bounded.engine.containers.run({ image: 'app', command: ['/bin/sh', '-c', script] })
  const kept = (await short.container.logs()).map(({ bytes }) => text(bytes)).join('')
  expect(kept.length).toBeLessThan(whole.length)
  expect(whole.endsWith(kept)).toBe(true)
  expect(kept).toContain(`line ${lines - 1} `)
  await short.container.remove()
  expect(await bounded.store.recordKeys('container-log')).toEqual([])
})

test('what a supervision says of marks decides whether a container runs', async () => {
  const alive = new Set(['one'])
  const launched: string[] = []
  const supervision = (mark: string) => ({ mark, lives: (other: string) => alive.has(other) })
  const { engine, store, another } = await fixture({ supervision: { ...supervision('two'), launch: async (id) => void launched.push(id) } })
  const { container } = await engine.containers.run({ image: 'app', name: 'box' }, { detach: true })
  expect(launched).toEqual([container.id])
  const record = JSON.parse(text((await store.record('container', container.id))!))
  const running = { ...record, state: { ...record.state, status: 'running', run: 1, owner: 'one run-1' } }
  await store.putRecord('container', container.id, new TextEncoder().encode(JSON.stringify(running)))
  expect((await container.inspect()).State.Status).toBe('running')
  alive.delete('one')
  expect((await another().containers.list()).map(({ status, exitCode }) => [status, exitCode])).toEqual([['exited', 137]])
  expect(JSON.parse(text((await store.record('container', container.id))!)).state.owner).toBeUndefined()
})
