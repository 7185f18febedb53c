import { build, memoryContext } from '@layerwright/build'
import { simulatedShell } from '@layerwright/executor/shell'
import { memoryStore } from '@layerwright/store'
import { describe, expect, it } from 'vitest'
import { BASE_STAGE, buildFiles, outcomes, SHELL_BASE } from './support.js'

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
    expect(second.steps[1]?.reason).toBe('the files it takes changed')
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
    expect(second.steps.at(-1)).toMatchObject({ outcome: 'ran', reason: 'a variable or build argument it can see changed' })
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
})
