import { type BuildEvent, build, memoryContext } from '@layerwright/build'
import type { Executor } from '@layerwright/executor'
import { memoryStore } from '@layerwright/store'
import { describe, expect, it } from 'vitest'
import { BASE_STAGE, buildFiles, outcomes, pathsOf, SHELL_BASE } from './support.js'

describe('the graph', () => {
  it('leaves out stages that the target does not need', async () => {
    const result = await buildFiles({ Dockerfile: 'FROM scratch AS unused\nCOPY missing /\nFROM scratch\nCOPY a /\n', a: '' })
    expect(outcomes(result)).toEqual(['ran: COPY a /'])
  })

  it('runs stages side by side', async () => {
    let running = 0
    let most = 0
    const executor: Executor = {
      class: 'test',
      simulated: false,
      async run() {
        most = Math.max(most, ++running)
        await new Promise((go) => setTimeout(go, 30))
        running--
        return { exitCode: 0 }
      },
    }
    const stages = ['a', 'b', 'c'].map((name) => `FROM scratch AS ${name}\nRUN ["${name}"]\n`).join('')
    await buildFiles({ Dockerfile: `${stages}FROM scratch\nCOPY --from=a / /\nCOPY --from=b / /\nCOPY --from=c / /\n` }, { executor })
    expect(most).toBe(3)
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
