import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, cachedLayers, cachedSteps, evictSteps, isRecordOf, memoryContext } from '@layerwright/build'
import type { Digest } from '@layerwright/digest'
import type { Executor } from '@layerwright/executor'
import { simulatedShell } from '@layerwright/executor/shell'
import { memoryStore } from '@layerwright/store'
import { openStore } from '@layerwright/store/node'
import { describe, expect, it } from 'vitest'
import { BASE_STAGE, buildFiles, outcomes, SHELL_BASE, textOf } from './support.js'

describe('the cache', () => {
  const files = { Dockerfile: 'FROM scratch\nCOPY a.txt /\nCOPY b.txt /\n', 'a.txt': 'a', 'b.txt': 'b' }

  it('has every step of a second build, and gives the same digest', async () => {
    const store = memoryStore()
    const first = await buildFiles(files, { store })
    const second = await buildFiles(files, { store })
    expect(first.steps.map(({ outcome }) => outcome)).toEqual(['ran', 'ran'])
    expect(second.steps.map(({ outcome }) => outcome)).toEqual(['cached', 'cached'])
    expect(second.image.digest).toBe(first.image.digest)
  })

  it('runs only what a change reaches, and says why', async () => {
    const store = memoryStore()
    await buildFiles(files, { store })
    const second = await buildFiles({ ...files, 'b.txt': 'changed' }, { store })
    expect(outcomes(second)).toEqual(['cached: COPY a.txt /', 'ran: COPY b.txt /'])
    expect(second.steps[1]?.reason).toBe('`b.txt` changed')
  })

  it('keeps everything below a step whose result did not change', async () => {
    const store = memoryStore()
    const dockerfile = (comment: string) => `${BASE_STAGE}FROM base\nRUN echo same > /out # ${comment}\nRUN cat /out\nCOPY a.txt /\n`
    await buildFiles({ ...SHELL_BASE, 'a.txt': 'a', Dockerfile: dockerfile('one') }, { store, timestamps: 'fixed' })
    const second = await buildFiles({ ...SHELL_BASE, 'a.txt': 'a', Dockerfile: dockerfile('two') }, { store })
    expect(outcomes(second).slice(-3)).toEqual(['ran: RUN echo same > /out # two', 'cached: RUN cat /out', 'cached: COPY a.txt /'])
  })

  it('does not look at modes and names that a step does not select', async () => {
    const store = memoryStore()
    await buildFiles(files, { store })
    const second = await buildFiles({ ...files, 'unrelated.txt': 'x' }, { store })
    expect(second.steps.map(({ outcome }) => outcome)).toEqual(['cached', 'cached'])
  })

  it('runs a RUN again when a build argument in scope has another value, read or not', async () => {
    const store = memoryStore()
    const given = (value: string) =>
      buildFiles(
        { ...SHELL_BASE, Dockerfile: `${BASE_STAGE}FROM base\nARG V\nRUN touch /x\n` },
        { store, buildArgs: new Map([['V', value]]) },
      )
    await given('1')
    const second = await given('2')
    expect(second.steps.at(-1)).toMatchObject({ outcome: 'ran', reason: '`ARG V` is in scope here and changed' })
    expect((await given('1')).steps.at(-1)?.outcome).toBe('cached')
  })

  it('never holds the bytes of a secret, and runs no step again for another value (S40)', async () => {
    const store = memoryStore()
    const secret = 'correct-horse-battery-staple'
    const dockerfile = `${BASE_STAGE}FROM base\nRUN --mount=type=secret,id=token cat /run/secrets/token > /dev/null && touch /done\n`
    const context = memoryContext({ ...SHELL_BASE, Dockerfile: dockerfile })
    const given = (text: string) =>
      build({ context, store, executor: simulatedShell(), secrets: new Map([['token', new TextEncoder().encode(text)]]) })
    await given(secret)
    expect((await given('another')).steps.at(-1)?.outcome).toBe('cached')
    const decoder = new TextDecoder('latin1')
    for await (const { digest } of store.blobs()) {
      const blob = await store.blob(digest)
      for await (const chunk of blob!.stream()) expect(decoder.decode(chunk)).not.toContain(secret)
    }
    for (const kind of ['step', 'step-trail', 'context-note']) {
      for (const key of await store.recordKeys(kind)) expect(key + decoder.decode(await store.record(kind, key))).not.toContain(secret)
    }
  })

  it('runs everything when asked to, and still keeps the results', async () => {
    const store = memoryStore()
    await buildFiles(files, { store })
    expect((await buildFiles(files, { store, noCache: true })).steps.map(({ outcome }) => outcome)).toEqual(['ran', 'ran'])
  })

  it('builds a step again whose layer is gone from the store', async () => {
    const store = memoryStore()
    const first = await buildFiles(files, { store })
    await store.collect(new Set())
    const second = await buildFiles(files, { store })
    expect(second.steps.map(({ outcome }) => outcome)).toEqual(['ran', 'ran'])
    expect(second.image.digest).toBe(first.image.digest)
  })

  describe('its strength', () => {
    const chain = (comment: string) => ({
      ...SHELL_BASE,
      'a.txt': 'a',
      Dockerfile: `${BASE_STAGE}FROM base AS made\nRUN echo same > /out # ${comment}\nRUN cat /out\nFROM scratch\nCOPY --from=made /out /\n`,
    })
    const tail = async (strength: 'definition' | 'content') => {
      const store = memoryStore()
      await buildFiles(chain('one'), { store, cache: { strength } })
      expect((await buildFiles(chain('one'), { store, cache: { strength } })).steps.every(({ outcome }) => outcome === 'cached')).toBe(true)
      return (await buildFiles(chain('two'), { store, cache: { strength } })).steps.slice(-3)
    }

    it('definition runs everything below a step that ran, content only what sees another tree', async () => {
      expect((await tail('definition')).map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual([
        'ran: the instruction changed',
        'ran: a step above it ran again',
        'ran: `out` changed',
      ])
      expect((await tail('content')).map(({ outcome }) => outcome)).toEqual(['ran', 'cached', 'cached'])
    })

    it('definition never mixes a result with another one above it', async () => {
      // A step that gives another result each time, run again: what stood on the first result stands on no other.
      const store = memoryStore()
      const Dockerfile = `${BASE_STAGE}FROM base AS made\nRUN --mount=type=cache,target=/c cat /c/n > /n; echo x >> /c/n\nRUN cat /n > /copy\n`
      const cache = { strength: 'definition' as const }
      await buildFiles({ ...SHELL_BASE, Dockerfile }, { store, cache })
      const second = await buildFiles({ ...SHELL_BASE, Dockerfile }, { store, cache: { ...cache, refresh: ['1.1'] } })
      expect(second.steps.slice(-2).map(({ outcome }) => outcome)).toEqual(['ran', 'ran'])
      expect(await textOf(second, '/copy')).toBe('x\n')
    })
  })

  it('keys a COPY by the modes that its files will have', async () => {
    const store = memoryStore()
    const withMode = (mode: number, flags: string) =>
      buildFiles({ Dockerfile: `FROM scratch\nCOPY ${flags} a /\n`, a: { content: 'a', mode } }, { store })
    await withMode(0o600, '--chmod=644')
    expect((await withMode(0o640, '--chmod=644')).steps[0]?.outcome).toBe('cached')
    await withMode(0o600, '--chmod=g+r')
    expect((await withMode(0o640, '--chmod=g+r')).steps[0]?.outcome).toBe('cached')
    expect((await withMode(0o700, '--chmod=g+r')).steps[0]?.outcome).toBe('ran')
    await withMode(0o600, '')
    expect((await withMode(0o640, '')).steps[0]?.outcome).toBe('ran')
  })

  it('runs the stages and steps that it is told to', async () => {
    const store = memoryStore()
    const two = { ...files, Dockerfile: 'FROM scratch AS one\nCOPY a.txt /\nFROM scratch\nCOPY --from=one /a.txt /\nCOPY b.txt /\n' }
    await buildFiles(two, { store })
    const again = async (refresh: string[]) =>
      (await buildFiles(two, { store, cache: { refresh } })).steps.map(({ outcome, reason }) => `${outcome}: ${reason}`)
    const cached = 'cached: same inputs as before'
    const twin = 'cached: the same step as 0.1 of this build'
    expect(await again(['one'])).toEqual(['ran: asked to run one again', twin, cached])
    expect(await again(['1.2'])).toEqual([cached, twin, 'ran: asked to run 1.2 again'])
  })

  it('uses no result older than it may be', async () => {
    const store = memoryStore()
    let now = Date.UTC(2026, 0, 1)
    const clock = () => now
    await buildFiles(files, { store, clock })
    now += 90_000
    const maxAge = [{ ms: 60_000 }, { of: '0.2', ms: 3_600_000 }]
    const second = await buildFiles(files, { store, clock, cache: { maxAge } })
    expect(second.steps.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual([
      'ran: made 1m 30s ago, and no more than 1m is wanted',
      'cached: same inputs as before',
    ])
    expect((await buildFiles(files, { store, clock, cache: { maxAge } })).steps.every(({ outcome }) => outcome === 'cached')).toBe(true)
  })

  it('says of a result that was given up when and why', async () => {
    const store = memoryStore()
    await buildFiles(files, { store })
    const keys: Digest[] = []
    for await (const { key, record } of cachedSteps(store)) {
      expect(isRecordOf(key, record)).toBe(true)
      expect(isRecordOf(key, { ...record, inputs: [...record.inputs, ['root', 'another']] })).toBe(false)
      if (record.instruction === 'COPY b.txt /') keys.push(key)
    }
    await evictSteps(store, keys, { at: Date.UTC(2026, 1, 3), reason: 'over the cap' })
    expect((await cachedLayers(store)).size).toBe(1)
    const second = await buildFiles(files, { store })
    expect(second.steps.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual([
      'cached: same inputs as before',
      'ran: evicted on 2026-02-03: over the cap',
    ])
    expect((await cachedLayers(store)).size).toBe(2)
  })
})

describe('two builders of one step, each with its own hold on a store', () => {
  it('do it once', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'layerwright-twice-'))
    try {
      let runs = 0
      const executor: Executor = {
        class: 'test',
        simulated: false,
        async run({ overlay }) {
          runs++
          await new Promise((resolve) => setTimeout(resolve, 100))
          overlay.writeFile('/made', new TextEncoder().encode(String(runs)))
          return { exitCode: 0 }
        },
      }
      const files = { Dockerfile: 'FROM scratch\nCOPY a /a\nRUN ["make"]\n', a: 'a' }
      const stores = await Promise.all([openStore(dir), openStore(dir), openStore(dir)])
      const made = await Promise.all(stores.map((store) => buildFiles(files, { store, executor })))
      expect(runs).toBe(1)
      expect(new Set(made.map(({ image }) => image.digest)).size).toBe(1)
      expect(made.map(({ steps }) => steps[1]?.outcome).sort()).toEqual(['cached', 'cached', 'ran'])
      // Asked to run everything, each does.
      await Promise.all(stores.slice(1).map((store) => buildFiles(files, { store, executor, noCache: true })))
      expect(runs).toBe(3)
      for (const store of stores) store.close()
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})
