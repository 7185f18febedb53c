import { type BuildEvent, build, graphToDot, graphToMermaid, memoryContext, planBuild } from '@layerwright/build'
import type { Executor } from '@layerwright/executor'
import { memoryStore } from '@layerwright/store'
import { describe, expect, it } from 'vitest'
import { meeting } from '../../../test/support/meeting.js'
import { BASE_STAGE, buildFiles, outcomes, pathsOf, SHELL_BASE } from './support.js'

describe('the graph', () => {
  it('leaves out stages that the target does not need', async () => {
    const result = await buildFiles({ Dockerfile: 'FROM scratch AS unused\nCOPY missing /\nFROM scratch\nCOPY a /\n', a: '' })
    expect(outcomes(result)).toEqual(['ran: COPY a /'])
  })

  it('runs stages side by side', async () => {
    // Each waits for all of them: one after another they would never end.
    const meet = meeting(3)
    const executor: Executor = {
      class: 'test',
      simulated: false,
      async run() {
        await meet()
        return { exitCode: 0 }
      },
    }
    const stages = ['a', 'b', 'c'].map((name) => `FROM scratch AS ${name}\nRUN ["${name}"]\n`).join('')
    const Dockerfile = `${stages}FROM scratch\nCOPY --from=a / /\nCOPY --from=b / /\nCOPY --from=c / /\n`
    const { steps } = await buildFiles({ Dockerfile }, { executor })
    expect(steps.filter(({ outcome, instruction }) => outcome === 'ran' && instruction.startsWith('RUN'))).toHaveLength(3)
  })

  it('keeps to the limit of steps at a time', async () => {
    let running = 0
    let most = 0
    const executor: Executor = {
      class: 'test',
      simulated: false,
      async run() {
        most = Math.max(most, ++running)
        await new Promise((go) => setTimeout(go, 5))
        running--
        return { exitCode: 0 }
      },
    }
    const stages = ['a', 'b', 'c'].map((name) => `FROM scratch AS ${name}\nRUN ["${name}"]\n`).join('')
    await buildFiles(
      { Dockerfile: `${stages}FROM scratch\nCOPY --from=a / /\nCOPY --from=b / /\nCOPY --from=c / /\n` },
      { executor, concurrency: 1 },
    )
    expect(most).toBe(1)
  })

  it('tells a failed step from what it cancelled and what was never reached', async () => {
    const events: BuildEvent[] = []
    const building = buildFiles(
      { ...SHELL_BASE, Dockerfile: `${BASE_STAGE}FROM base\nRUN echo to the reader; exit 3\nRUN echo never\n` },
      { onEvent: (event) => events.push(event) },
    )
    await expect(building).rejects.toMatchObject({
      code: 'RUN_FAILED',
      exitCode: 3,
      output: 'to the reader\n',
      lines: { startLine: 10, endLine: 10 },
    })
    const finished = events.flatMap((event) => (event.type === 'step.finished' ? [event.outcome] : [])).slice(-2)
    expect(finished).toEqual(['failed', 'skipped'])
  })

  it('is cancelled by its signal, and can be built again', async () => {
    const store = memoryStore()
    const controller = new AbortController()
    const context = memoryContext({ ...SHELL_BASE, Dockerfile: `${BASE_STAGE}FROM base\nRUN while true; do :; done\n` })
    const { simulatedShell } = await import('@layerwright/executor/shell')
    const building = build({
      context,
      store,
      executor: simulatedShell(),
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step.started' && event.instruction.startsWith('RUN')) setTimeout(() => controller.abort(), 20)
      },
    })
    await expect(building).rejects.toMatchObject({ code: 'CANCELLED' })
    const again = await build({ context: memoryContext({ ...SHELL_BASE, Dockerfile: BASE_STAGE }), store })
    expect(again.steps.every(({ outcome }) => outcome === 'cached')).toBe(true)
  })

  it('gives every step its place, lines and layer', async () => {
    const result = await buildFiles({ Dockerfile: 'FROM scratch AS x\nCOPY a /\nFROM x AS y\nCOPY a \\\n  /b\n', a: 'text' })
    expect(result.steps).toMatchObject([
      { stage: 'x', number: 1, of: 1, startLine: 2, endLine: 2, layer: { entries: 1 } },
      { stage: 'y', number: 1, of: 1, startLine: 4, endLine: 5, layer: { entries: 1 } },
    ])
    expect(result.image.config.rootfs.diff_ids).toEqual(result.steps.map(({ layer }) => layer?.diffId))
    expect(pathsOf(result)).toHaveLength(2)
  })

  it('builds side by side in one process without meeting', async () => {
    const results = await Promise.all(
      [1, 2, 3, 4].map((n) => buildFiles({ Dockerfile: `FROM scratch\nLABEL n=${n}\nCOPY a /\n`, a: String(n) })),
    )
    expect(results.map(({ image }) => (image.config.config as { Labels: object }).Labels)).toEqual(
      [1, 2, 3, 4].map((n) => ({ n: String(n) })),
    )
    expect(new Set(results.map(({ image }) => image.digest)).size).toBe(4)
  })
})

describe('several targets', () => {
  const DOCKERFILE = `FROM scratch AS base
COPY a /
FROM base AS one
COPY b /one
FROM base AS two
COPY b /two
FROM scratch AS unused
COPY missing /
`
  const files = { Dockerfile: DOCKERFILE, a: 'a', b: 'b' }

  it('are built in one go, with every step that they share done once', async () => {
    let snapshots = 0
    const plain = memoryContext(files)
    const counted: typeof plain.snapshot = (request) => {
      snapshots++
      return plain.snapshot(request)
    }
    const context = { ...plain, snapshot: counted }
    const result = await build({ context, store: memoryStore(), targets: ['one', 'two'] })
    expect(outcomes(result)).toEqual(['ran: COPY a /', 'ran: COPY b /one', 'ran: COPY b /two'])
    expect(result.images.map(({ target }) => target)).toEqual(['one', 'two'])
    expect(snapshots).toBe(1)
    const alone = await buildFiles(files, { target: 'two' })
    expect(result.images[1]?.image.digest).toBe(alone.image.digest)
  })

  it('share steps across platforms too, where the key is the same', async () => {
    const result = await buildFiles(files, { targets: ['one', 'two'], platforms: ['linux/amd64', 'linux/arm64'] })
    expect(result.images.map(({ target, platform }) => `${target} ${platform.architecture}`)).toEqual([
      'one amd64',
      'one arm64',
      'two amd64',
      'two arm64',
    ])
    expect(result.steps.filter(({ outcome }) => outcome === 'ran')).toHaveLength(3)
    const [amd, arm] = result.images
    expect(arm?.image.config.rootfs).toEqual(amd?.image.config.rootfs)
    expect(arm?.image.digest).not.toBe(amd?.image.digest)
  })

  it('are different steps where the name of the target is an argument', async () => {
    const dockerfile = 'ARG TARGETSTAGE\nFROM scratch AS one\nARG TARGETSTAGE\nCOPY a /$TARGETSTAGE\nFROM one AS two\nLABEL x=y\n'
    const result = await buildFiles({ Dockerfile: dockerfile, a: '' }, { targets: ['one', 'two'] })
    expect(outcomes(result)).toEqual(['ran: COPY a /one', 'ran: COPY a /two'])
    expect(new Set(result.steps.map(({ id }) => id)).size).toBe(2)
  })

  it('refuse a platform that is none', async () => {
    await expect(buildFiles(files, { platforms: ['linux/amd64/v1/v2'] })).rejects.toMatchObject({ code: 'BAD_PLATFORM' })
  })
})

describe('two steps of the same key in one build', () => {
  it('run once, even side by side', async () => {
    let runs = 0
    const executor: Executor = {
      class: 'test',
      simulated: false,
      async run({ overlay }) {
        runs++
        await new Promise((go) => setTimeout(go, 10))
        overlay.writeFile('/out', 'x')
        return { exitCode: 0 }
      },
    }
    const Dockerfile =
      'FROM scratch AS a\nRUN ["make"]\nFROM scratch AS b\nRUN ["make"]\nFROM scratch\nCOPY --from=a /out /a\nCOPY --from=b /out /b\n'
    const result = await buildFiles({ Dockerfile }, { executor })
    expect(runs).toBe(1)
    expect(
      result.steps
        .slice(0, 2)
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['cached', 'ran'])
    expect(result.steps.find(({ outcome }) => outcome === 'cached')?.reason).toMatch(/of this build$/)
    expect(pathsOf(result).sort()).toEqual(['a', 'b'])
  })
})

describe('the graph as data', () => {
  const Dockerfile = `FROM scratch AS build
COPY src /src
RUN --mount=type=bind,target=/ctx "make" [it]
FROM scratch
COPY --from=build /out /
`
  const options = { context: memoryContext({ Dockerfile, 'src/a': '' }), store: memoryStore() }

  it('is there before anything runs', async () => {
    const graph = await planBuild(options)
    expect(graph.nodes.map(({ id }) => id)).toEqual(['scratch', 'context', '0.1', '0.2', '1.1'])
    expect(graph.edges).toEqual([
      { from: 'scratch', to: '0.1', kind: 'base' },
      { from: 'context', to: '0.1', kind: 'copy' },
      { from: '0.1', to: '0.2', kind: 'base' },
      { from: 'context', to: '0.2', kind: 'mount' },
      { from: 'scratch', to: '1.1', kind: 'base' },
      { from: '0.2', to: '1.1', kind: 'copy' },
    ])
    expect(graph.criticalPath).toEqual(['0.1', '0.2', '1.1'])
    expect(graph.targets).toEqual([{ target: '', platform: 'linux/amd64', node: '1.1' }])
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph)
  })

  it('is drawn as DOT and Mermaid, with quotes kept from breaking either', async () => {
    const graph = await planBuild(options)
    expect(graphToDot(graph)).toContain('"0.2" [label="[build] RUN --mount=type=bind,target=/ctx \\"make\\" [it]", penwidth=2];')
    expect(graphToDot(graph)).toContain('"0.2" -> "1.1" [style=dashed, label="copy"];')
    const mermaid = graphToMermaid(graph)
    expect(mermaid).toContain('n3["[build] RUN --mount=type=bind,target=/ctx #34;make#34; [it]"]')
    expect(mermaid).toContain('n3 -. copy .-> n4')
    expect(mermaid).toContain('class n2,n3,n4 critical')
  })

  it('has what each step cost after a build, and the chain that took longest', async () => {
    let now = 0
    const times = new Map([
      ['slow', 100],
      ['quick', 10],
    ])
    const executor: Executor = {
      class: 'test',
      simulated: false,
      async run({ argv }) {
        now += times.get(argv[0] ?? '') ?? 0
        return { exitCode: 0 }
      },
    }
    const file = 'FROM scratch AS a\nRUN ["slow"]\nFROM scratch AS b\nRUN ["quick"]\nFROM scratch\nCOPY --from=a / /\nCOPY --from=b / /\n'
    const { graph, steps } = await buildFiles({ Dockerfile: file }, { executor, clock: () => now, concurrency: 1 })
    expect(graph.criticalPath).toEqual(['0.1', '2.1', '2.2'])
    expect(graph.criticalPathMs).toBe(100)
    expect(graph.nodes.find(({ id }) => id === '1.1')).toMatchObject({ outcome: 'ran', durationMs: 10 })
    expect(steps.map(({ startedMs }) => startedMs)).toEqual([0, 100, 110, 110])
  })
})
