/** Volumes that containers share while they run, with an executor of the test whose folders are trees in memory. */
import type { ExecRequest, Executor, SharedTrees } from '@layerwright/executor'
import { type MaintainedStore, memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot, type Overlay, replayChanges, setAttributes, upperChanges } from '@layerwright/vfs'
import { expect, test } from 'vitest'
import { type ContainerEngine, openEngine } from '../src/index.js'
import { codeOf, putImage, textOf } from './fixture.js'

const nothing = emptySnapshot()

/** Whatever is done to a machine that loses its power, at its `instant`-th step. */
class Power {
  steps = 0
  #instant: number
  constructor(instant = Number.POSITIVE_INFINITY) {
    this.#instant = instant
  }
  step(): void {
    if (this.steps++ >= this.#instant) throw new Error('no power')
  }
  before<T>(work: () => T): T {
    this.step()
    return work()
  }
  cut(): void {
    this.#instant = 0
  }
}

function trees(places: Map<string, Overlay>, power: Power): SharedTrees {
  return {
    newPlace: () => `place-${crypto.randomUUID()}`,
    async make(place, tree) {
      power.step()
      places.set(place, createOverlay(tree))
    },
    open: (place) => ({ source: places.get(place)!.driver, close: () => undefined }),
    async read(place, overlay) {
      const there = places.get(place)
      if (!there) return false
      for (const { name } of overlay.readdir('/')) overlay.rm(`/${name}`, { recursive: true })
      replayChanges(overlay, upperChanges(nothing, there.freeze()))
      setAttributes(overlay, '/', there.stat('/'))
      return true
    },
    remove(place) {
      power.step()
      places.delete(place)
    },
    untilOver: async () => undefined,
  }
}

/** Commands by the word behind `cat`, which is in the image. */
type Commands = Readonly<Record<string, (request: ExecRequest) => void | Promise<void>>>

/** A machine: what outlives its processes, and processes on it. */
async function machine() {
  const store = memoryStore()
  await putImage(store, 'app')
  const places = new Map<string, Overlay>()
  const alive = new Set<string>()
  function process(mark: string, commands: Commands, power = new Power()): ContainerEngine {
    alive.add(mark)
    const executor: Executor = {
      class: 'linux',
      simulated: false,
      async run(request) {
        request.onStarted?.({ kill: () => undefined })
        await commands[request.argv[1] ?? '']?.(request)
        return { exitCode: 0 }
      },
      shared: async () => trees(places, power),
    }
    const powered: MaintainedStore = Object.create(store, {
      putRecord: { value: (...args: Parameters<MaintainedStore['putRecord']>) => power.before(() => store.putRecord(...args)) },
      deleteRecord: { value: (...args: Parameters<MaintainedStore['deleteRecord']>) => power.before(() => store.deleteRecord(...args)) },
    })
    return openEngine({ store: powered, executor: async () => executor, supervision: { mark, lives: (other) => alive.has(other) } })
  }
  const live = async () => JSON.parse(new TextDecoder().decode((await store.record('volume', 'vol'))!)).live
  return { places, process, kill: (mark: string) => alive.delete(mark), live }
}

const cat = (word: string) => ({ image: 'app', name: `box-${word}`, volumes: ['vol:/vol'], command: ['/bin/cat', word] })
const names = (engine: ContainerEngine) => engine.volumes.filesystem('vol', (fs) => fs.readdir('/').map(({ name }) => name))

test('containers see what others write while they run, and so does everybody else; the last one takes the folder away', async () => {
  const { places, process, live } = await machine()
  const [begun, end] = [gate(), gate()]
  const first = process('one', {
    first: async ({ filesystem }) => {
      filesystem.writeFile('/vol/first', 'first')
      begun.open()
      await end.opened
      filesystem.writeFile('/vol/seen', await filesystem.readFile('/vol/second'))
    },
  })
  const second = process('two', {
    second: async ({ filesystem }) => {
      filesystem.writeFile('/vol/second', await filesystem.readFile('/vol/first'))
    },
  })
  await first.volumes.create({ name: 'vol' })
  await first.volumes.filesystem('vol', (fs) => fs.writeFile('/old', 'old'))
  const { container } = await first.containers.run(cat('first'), { detach: true })
  await begun.opened
  expect(await names(second)).toEqual(['first', 'old'])
  await second.containers.run(cat('second'))
  expect(places.size).toBe(1)
  // from outside, by `cp` of a container at rest, and into one that is new
  await second.volumes.filesystem('vol', (fs) => fs.writeFile('/outside', 'outside'))
  const box = await second.containers.create({ image: 'app', volumes: ['vol:/data'] })
  await box.copyArchiveOut('/data/outside', () => undefined)
  expect(await codeOf(second.volumes.remove('vol'))).toBe('VOLUME_IN_USE')
  end.open()
  await container.wait()
  expect(places.size).toBe(0)
  expect(await live()).toBeUndefined()
  await second.volumes.filesystem('vol', async (fs) => {
    expect(fs.readdir('/').map(({ name }) => name)).toEqual(['first', 'old', 'outside', 'second', 'seen'])
    expect(await textOf(fs, '/seen')).toBe('first')
  })
})

/** A promise, to be kept from outside. */
function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** A command that writes, and goes on until the gate is open. */
function writer(end: Promise<void>) {
  const written = gate()
  const command: Commands[string] = ({ filesystem, argv }) => {
    filesystem.writeFile(`/vol/${argv[1]}`, '')
    written.open()
    return end
  }
  return { command, written: written.opened }
}

test('who holds a volume and dies leaves it to the others, and the last of them to whoever looks', async () => {
  const { places, process, kill, live } = await machine()
  const third = process('three', {})
  await third.volumes.create({ name: 'vol' })
  /** Starts a container in a process of its own; gives what kills that. */
  const start = async (mark: string) => {
    const end = gate()
    const { command, written } = writer(end.opened)
    const power = new Power()
    const over = process(mark, { [mark]: command }, power).containers.run(cat(mark))
    over.catch(() => undefined)
    await written
    return async () => {
      power.cut()
      kill(mark)
      end.open()
      await expect(over).rejects.toThrow('no power')
    }
  }
  const [killA, killB] = [await start('a'), await start('b')]
  expect((await live()).holders).toHaveLength(2)
  await killA()
  expect(await names(third)).toEqual(['a', 'b'])
  expect([places.size, (await live()).holders.length]).toEqual([1, 1])
  await killB()
  expect(await names(third)).toEqual(['a', 'b'])
  expect([places.size, await live()]).toEqual([0, undefined])
})

test('the power may go at any step: what was there, and what a write had finished, is there', async () => {
  /** A whole life: two containers on a volume that had something, each writes. Gives how many steps it took. */
  const go = async (instant?: number): Promise<number> => {
    const { places, process, kill, live } = await machine()
    const setUp = process('set-up', {})
    await setUp.volumes.create({ name: 'vol' })
    await setUp.volumes.filesystem('vol', (fs) => fs.writeFile('/old', 'old'))
    const written = new Set(['old'])
    const write = (name: string, { filesystem }: ExecRequest) => {
      filesystem.writeFile(`/vol/${name}`, name)
      written.add(name)
    }
    const [begun, end] = [gate(), gate()]
    const power = new Power(instant)
    const engine = process(
      'one',
      {
        first: async (request) => {
          write('first', request)
          begun.open()
          await end.opened
          write('last', request)
        },
        second: (request) => write('second', request),
      },
      power,
    )
    const first = engine.containers.run(cat('first')).catch(() => undefined)
    await Promise.race([begun.opened, first])
    await engine.containers.run(cat('second')).catch(() => undefined)
    end.open()
    await first
    kill('one')
    const after = process('two', {})
    const why = `no power from step ${instant} on`
    expect(await names(after), why).toEqual([...written].sort())
    for (const { id } of await after.containers.list()) await (await after.containers.get(id)).remove()
    expect(await names(after), why).toEqual([...written].sort())
    expect([places.size, await live()], why).toEqual([0, undefined])
    return power.steps
  }
  const steps = await go()
  expect(steps).toBeGreaterThan(10)
  for (let instant = 0; instant < steps; instant++) await go(instant)
})
