/** S22 (CVE-2024-23651): a subpath is resolved when it is mounted, to a node; caches that several steps use at once behave as they were asked to. */
import { build, memoryContext } from '@layerwright/build'
import type { Executor } from '@layerwright/executor'
import { memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot, mountView } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { codeOf as containerCode, fixture, textOf } from '../../packages/container/test/fixture.js'
import { meeting } from '../support/meeting.js'
import { guarded } from './support.js'

it('S22 what later takes the subpath’s name in the source is not what is mounted', () =>
  guarded(async () => {
    const source = createOverlay(emptySnapshot())
    source.mkdir('/a')
    source.writeFile('/a/f', 'a')
    source.mkdir('/b')
    const view = mountView(createOverlay(emptySnapshot()), [{ target: '/m', source, subpath: 'a' }])
    source.rename('/a', '/moved')
    source.symlink('/b', '/a')
    view.writeFile('/m/g', 'g')
    expect(source.readdir('/moved').map(({ name }) => name)).toEqual(['f', 'g'])
    expect(source.readdir('/b')).toEqual([])
    // Gone altogether: what is mounted is gone, and is not looked for again.
    source.rm('/moved', { recursive: true })
    source.mkdir('/moved')
    expect(() => view.writeFile('/m/h', 'h')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(source.readdir('/moved')).toEqual([])
  }))

it('S22 a volume’s subpath neither climbs nor follows what is moved later', () =>
  guarded(async () => {
    const { engine } = await fixture()
    await engine.volumes.create({ name: 'vol' })
    await engine.volumes.filesystem('vol', (fs) => {
      fs.mkdir('/a')
      fs.writeFile('/a/f', 'a')
      fs.mkdir('/b')
      fs.symlink('../../../../b', '/climbs')
    })
    const mount = (subpath: string) => ({ type: 'volume', source: 'vol', target: '/m', volume: { subpath } }) as const
    expect(await containerCode(engine.containers.create({ image: 'app', mounts: [mount('../x')] }))).toBe('INVALID_MOUNT_SPEC')
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
  }))

/** Two steps with one cache, side by side; each waits for the other a little while in the middle of its work. */
async function together(sharing: string): Promise<{ most: number; seen: Map<string, string[]>; kept: () => Promise<string[]> }> {
  const store = memoryStore()
  let running = 0
  let most = 0
  const seen = new Map<string, string[]>()
  const meet = meeting(2)
  const executor: Executor = {
    class: 'test',
    simulated: false,
    async run({ filesystem, argv }) {
      const me = argv[0]!
      seen.set(
        me,
        filesystem.readdir('/c').map(({ name }) => name),
      )
      if (me === 'look') return { exitCode: 0 }
      most = Math.max(most, ++running)
      filesystem.writeFile(`/c/${me}`, me)
      filesystem.writeFile('/c/both', me)
      // Side by side they meet; what must not be side by side gets a chance to be.
      await (sharing === 'locked' ? new Promise((resolve) => setTimeout(resolve, 40)) : meet())
      running--
      return { exitCode: 0 }
    },
  }
  const mount = `--mount=type=cache,id=x,target=/c,sharing=${sharing}`
  const stages = ['a', 'b'].map((name) => `FROM scratch AS ${name}\nRUN ${mount} ["${name}"]\n`).join('')
  const run = (text: string) => build({ context: memoryContext({ Dockerfile: text }), store, executor })
  await run(`${stages}FROM scratch\nCOPY --from=a / /\nCOPY --from=b / /\n`)
  const kept = async () => {
    await run(`FROM scratch\nRUN ${mount} ["look"]\n`)
    return seen.get('look')!
  }
  return { most, seen, kept }
}

it('S22 sharing=locked: one after the other, the second sees what the first left', () =>
  guarded(async () => {
    const { most, seen, kept } = await together('locked')
    expect(most).toBe(1)
    expect([...seen.values()].map((names) => names.length).sort()).toEqual([0, 2])
    expect(await kept()).toEqual(['a', 'b', 'both'])
  }))

it('S22 sharing=shared: side by side, and nothing that either wrote is lost', () =>
  guarded(async () => {
    const { most, seen, kept } = await together('shared')
    expect([most, ...seen.values()]).toEqual([2, [], []])
    expect(await kept()).toEqual(['a', 'b', 'both'])
  }))

it('S22 sharing=private: side by side, each with a cache of its own', () =>
  guarded(async () => {
    const { most, seen, kept } = await together('private')
    expect([most, ...seen.values()]).toEqual([2, [], []])
    const names = await kept()
    expect(names).toContain('both')
    expect(names.length).toBe(2)
  }))

it('S22 a step that fails lets the cache go and keeps nothing in it', () =>
  guarded(async () => {
    const store = memoryStore()
    const names: string[][] = []
    const executor: Executor = {
      class: 'test',
      simulated: false,
      async run({ filesystem, argv }) {
        names.push(filesystem.readdir('/c').map(({ name }) => name))
        filesystem.writeFile('/c/left', 'x')
        return { exitCode: argv[0] === 'fails' ? 1 : 0 }
      },
    }
    const run = (word: string) =>
      build({
        context: memoryContext({ Dockerfile: `FROM scratch\nRUN --mount=type=cache,target=/c,sharing=locked ["${word}"]\n` }),
        store,
        executor,
      })
    await expect(run('fails')).rejects.toMatchObject({ code: 'RUN_FAILED' })
    await run('works')
    await run('again')
    expect(names).toEqual([[], [], ['left']])
  }))
