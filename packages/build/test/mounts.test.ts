import { type BuildOptions, build, memoryContext } from '@layerwright/build'
import type { ExecRequest, Executor } from '@layerwright/executor'
import { memoryStore, type Store } from '@layerwright/store'
import { describe, expect, it } from 'vitest'
import { meeting } from '../../../test/support/meeting.js'
import { BASE_STAGE, buildFiles, pathsOf, SHELL_BASE, textOf } from './support.js'

/** Runs each RUN by a function of the test. */
const executorOf = (run: (request: ExecRequest) => Promise<void> | void): Executor => ({
  class: 'test',
  simulated: false,
  async run(request) {
    await run(request)
    return { exitCode: 0 }
  },
})
/** What a runtime mounts on stays behind, empty, where the base had none. */
const KEPT = ['dev', 'proc', 'sys']
const sleep = (ms: number) => new Promise((go) => setTimeout(go, ms))
const text = async (fs: ExecRequest['filesystem'], path: string) => new TextDecoder().decode(await fs.readFile(path))

describe('RUN --mount=type=cache', () => {
  /** Two stages that use one cache at the same time. */
  const twice = (options: string) =>
    `FROM scratch AS a\nRUN --mount=type=cache,target=/c,${options} ["a"]\nFROM scratch AS b\nRUN --mount=type=cache,target=/c,${options} ["b"]\nFROM scratch\nCOPY --from=a /out /a\nCOPY --from=b /out /b\n`

  const both = async (sharing: string, store: Store = memoryStore()) => {
    let running = 0
    let most = 0
    const seen: string[][] = []
    const meet = meeting(2)
    const executor = executorOf(async ({ filesystem, argv }) => {
      most = Math.max(most, ++running)
      seen.push(filesystem.readdir('/c').map(({ name }) => name))
      filesystem.writeFile(`/c/${argv[0]}`, 'x')
      // Side by side they meet; what must not be side by side gets a chance to be.
      await (sharing === 'locked' ? sleep(80) : meet())
      filesystem.writeFile('/out', 'x')
      running--
    })
    const result = await buildFiles({ Dockerfile: twice(`sharing=${sharing}`) }, { executor, store })
    let kept: string[] = []
    await buildFiles(
      { Dockerfile: 'FROM scratch\nRUN --mount=type=cache,target=/c ["look"]\n' },
      {
        store,
        executor: executorOf(({ filesystem }) => {
          kept = filesystem.readdir('/c').map(({ name }) => name)
        }),
      },
    )
    return { most, seen, kept: kept.sort(), paths: pathsOf(result) }
  }

  it('shared: side by side, and nobody’s files are lost', async () => {
    const { most, kept, paths } = await both('shared')
    expect(most).toBe(2)
    expect(kept).toEqual(['a', 'b'])
    expect(paths).toEqual(['a', 'b'])
  })

  it('locked: one after the other, each sees what the one before left', async () => {
    const { most, seen, kept } = await both('locked')
    expect(most).toBe(1)
    expect(seen.map((names) => names.length)).toEqual([0, 1])
    expect(kept).toEqual(['a', 'b'])
  })

  it('private: side by side, each with a directory of its own', async () => {
    const { most, seen, kept } = await both('private')
    expect(most).toBe(2)
    expect(seen).toEqual([[], []])
    expect(kept).toHaveLength(1)
  })

  it('is locked for a store that has no lock of its own too', async () => {
    const { lock: _, ...store } = memoryStore()
    expect((await both('locked', store)).most).toBe(1)
  })

  it('never lets two steps wait for each other', async () => {
    const cache = (first: string, second: string) =>
      `--mount=type=cache,target=/${first},sharing=locked --mount=type=cache,target=/${second},sharing=locked`
    const Dockerfile = `FROM scratch AS a\nRUN ${cache('x', 'y')} ["a"]\nFROM scratch AS b\nRUN ${cache('y', 'x')} ["b"]\nFROM scratch\nCOPY --from=a /out /a\nCOPY --from=b /out /b\n`
    const executor = executorOf(async ({ filesystem }) => {
      await sleep(10)
      filesystem.writeFile('/out', 'x')
    })
    expect(pathsOf(await buildFiles({ Dockerfile }, { executor }))).toEqual(['a', 'b'])
  })

  it('keeps nothing of a step that failed, and nothing of it is in the image', async () => {
    const store = memoryStore()
    const file = (command: string) => `${BASE_STAGE}FROM base\nRUN --mount=type=cache,target=/c,id=../../x ${command}\n`
    const run = (command: string) => buildFiles({ ...SHELL_BASE, Dockerfile: file(command) }, { store })
    await expect(run('echo bad > /c/f; exit 1')).rejects.toMatchObject({ code: 'RUN_FAILED' })
    await run('echo good > /c/g')
    const result = await run('cat /c/* > /seen')
    expect(await textOf(result, '/seen')).toBe('good\n')
    expect(pathsOf(result)).not.toContain('c')
  })

  it('has the mode and owner that are asked for, and begins with what from= has', async () => {
    let stat: { mode: number; uid: number; gid: number } | undefined
    let names: string[] = []
    const executor = executorOf(({ filesystem }) => {
      stat = filesystem.stat('/c')
      names = filesystem.readdir('/c').map(({ name }) => name)
    })
    const Dockerfile =
      'FROM scratch AS seed\nCOPY a /dir/\nFROM scratch\nRUN --mount=type=cache,target=/c,mode=0700,uid=5,gid=6,from=seed,source=/dir ["x"]\n'
    await buildFiles({ Dockerfile, a: '' }, { executor })
    expect(stat).toMatchObject({ mode: 0o700, uid: 5, gid: 6 })
    expect(names).toEqual(['a'])
  })
})

describe('the other mounts', () => {
  const see = async (mount: string, look: (request: ExecRequest) => Promise<void> | void, options: Partial<BuildOptions> = {}) => {
    const files = { Dockerfile: `FROM scratch AS other\nCOPY src/a.txt /o/\nFROM scratch\nRUN ${mount} ["x"]\n`, 'src/a.txt': 'text' }
    return build({ context: memoryContext(files), store: memoryStore(), executor: executorOf(look), ...options })
  }

  it('bind: a folder or one file of the context or a stage, read-only', async () => {
    const result = await see(
      '--mount=type=bind,source=src,target=/m --mount=type=bind,from=other,source=o/a.txt,target=/f',
      async ({ filesystem }) => {
        expect(await text(filesystem, '/m/a.txt')).toBe('text')
        expect(await text(filesystem, '/f')).toBe('text')
        expect(() => filesystem.writeFile('/m/b', '')).toThrow(expect.objectContaining({ code: 'EROFS' }))
      },
    )
    expect(pathsOf(result)).toEqual(KEPT)
  })

  it('bind,rw: what is written vanishes', async () => {
    const result = await see('--mount=type=bind,target=/m,rw', ({ filesystem }) => filesystem.writeFile('/m/src/b', 'x'))
    expect(pathsOf(result)).toEqual(KEPT)
  })

  it('tmpfs: empty, writable, gone afterwards', async () => {
    const result = await see('--mount=type=tmpfs,target=/t', ({ filesystem }) => {
      expect(filesystem.readdir('/t')).toEqual([])
      expect(filesystem.stat('/t').mode).toBe(0o1777)
      filesystem.writeFile('/t/x', 'x')
    })
    expect(pathsOf(result)).toEqual(KEPT)
  })

  it('secret: a file of root’s, with the mode and owner that are asked for, or a variable', async () => {
    const secrets = new Map([['token', new TextEncoder().encode('hush')]])
    await see(
      '--mount=type=secret,id=token',
      async ({ filesystem }) => {
        expect(filesystem.stat('/run/secrets/token')).toMatchObject({ mode: 0o400, uid: 0, gid: 0 })
        expect(await text(filesystem, '/run/secrets/token')).toBe('hush')
      },
      { secrets },
    )
    await see(
      '--mount=type=secret,id=token,target=/s,mode=0440,uid=7,gid=8 --mount=type=secret,id=token,env=TOKEN',
      ({ filesystem, env }) => {
        expect(filesystem.stat('/s')).toMatchObject({ mode: 0o440, uid: 7, gid: 8 })
        expect(filesystem.exists('/run/secrets/token')).toBe(false)
        expect(env.get('TOKEN')).toBe('hush')
      },
      { secrets },
    )
  })

  it('secret: one that is not there is left out, unless it is required', async () => {
    await see('--mount=type=secret,id=none', ({ filesystem }) => expect(filesystem.exists('/run')).toBe(false))
    await expect(see('--mount=type=secret,id=none,required', () => {})).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' })
  })
})
