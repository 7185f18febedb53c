import {
  type BuildOptions,
  build,
  cachedSteps,
  evictSteps,
  explain,
  imageContext,
  memoryContext,
  plan,
  type UnstableBuildError,
  verifyStable,
} from '@layerwright/build'
import type { Digest } from '@layerwright/digest'
import { simulatedShell } from '@layerwright/executor/shell'
import { memoryStore } from '@layerwright/store'
import { describe, expect, it } from 'vitest'
import { BASE_STAGE, SHELL_BASE } from './support.js'

const PACKAGE = '{\n  "name": "app",\n  "version": "1",\n  "private": true\n}\n'
const DOCKERFILE = `${BASE_STAGE}FROM base AS deps
WORKDIR /app
COPY package.json ./
RUN cat package.json > installed
FROM deps
ARG GIT_SHA=none
COPY src/ src/
RUN cat src/* > built
RUN cat built > again
FROM scratch AS unneeded
COPY src/ /
FROM scratch
COPY --from=1 /app/built /
COPY --from=deps /app/installed /
`.replace('--from=1', '--from=2')
const FILES = { ...SHELL_BASE, Dockerfile: DOCKERFILE, 'package.json': PACKAGE, 'src/a.js': 'a\n', 'src/b.js': 'b\n' }

function project() {
  const store = memoryStore()
  const options = (files: Record<string, string | { content: string; mode: number }>, more: Partial<BuildOptions> = {}): BuildOptions => ({
    context: memoryContext({ ...FILES, ...files }),
    store,
    executor: simulatedShell(),
    cache: { explain: true },
    ...more,
  })
  return { store, options }
}

describe('plan', () => {
  it('says what would run and why, and runs and stores nothing', async () => {
    const { store, options } = project()
    const before = await plan(options({}))
    expect(before.steps.map(({ outcome }) => outcome)).toContain('run')
    expect((await store.recordKeys('step')).length).toBe(0)
    let blobs = 0
    for await (const _ of store.blobs()) blobs++
    expect(blobs).toBe(0)
    expect(before.skipped).toEqual([{ stage: 'unneeded', reason: 'no target needs it' }])
    // What stands on a command that never ran is not known.
    expect(before.steps.find(({ id }) => id === '2.1')).toMatchObject({ outcome: 'unknown', reason: 'it depends on what 1.3 gives' })
  })

  it('foresees what the build then does', async () => {
    const { options } = project()
    await build(options({}))
    const edits: Record<string, string>[] = [
      {},
      { 'package.json': '{}\n' },
      { 'src/a.js': 'new\n' },
      { 'src/c.js': 'c\n' },
      { unrelated: 'x' },
    ]
    for (const edit of edits) {
      const foreseen = await plan(options(edit))
      const built = await build(options(edit))
      for (const [i, { outcome, assuming }] of foreseen.steps.entries())
        if (assuming.length === 0) expect(built.steps[i]?.outcome).toBe(outcome === 'run' ? 'ran' : outcome)
      expect(foreseen.steps.filter(({ assuming }) => assuming.length > 0).length).toBeLessThan(6)
    }
  })

  it.each(['content', 'traced'] as const)('knows what is bound from a stage that is only foreseen (%s)', async (strength) => {
    const { options } = project()
    const Dockerfile = `${BASE_STAGE}FROM scratch AS made\nCOPY src/ /src/\nFROM base\nRUN --mount=type=bind,from=made,source=/src,target=/m cat /m/a.js > out\n`
    const more = { cache: { strength } }
    await build(options({ Dockerfile }, more))
    const reasons = async (files: Record<string, string>) =>
      (await plan(options({ Dockerfile, ...files }, more))).steps.slice(-1).map(({ outcome, reason }) => `${outcome}: ${reason}`)
    expect(await reasons({ 'src/a.js': 'changed\n' })).toEqual([expect.stringMatching(/^run: /)])
    const unread = await reasons({ 'src/b.js': 'changed\n' })
    expect(unread).toEqual([expect.stringMatching(strength === 'traced' ? /^cached: nothing that it looked at/ : /^run: /)])
  })

  it('names the steps whose result it takes for granted', async () => {
    const { options } = project()
    await build(options({}))
    const { steps } = await plan(options({ 'package.json': '{}\n' }))
    expect(steps.find(({ id }) => id === '1.3')).toMatchObject({ outcome: 'run', assuming: [] })
    expect(steps.find(({ id }) => id === '2.1')).toMatchObject({ outcome: 'run', assuming: ['1.3'] })
  })
})

describe('explain', () => {
  it('calls the first time of a step its first time, whatever stands beside it', async () => {
    const { options } = project()
    const first = await build(options({}))
    expect(first.steps.filter(({ outcome }) => outcome === 'ran').map(({ reason }) => reason)).toEqual(
      first.steps.filter(({ outcome }) => outcome === 'ran').map(() => 'first time'),
    )
    // One more below, which takes what its neighbour takes.
    const more = await build(options({ Dockerfile: `${DOCKERFILE}COPY --from=deps /app/installed /again\n` }))
    expect(more.steps.at(-1)).toMatchObject({ outcome: 'ran', reason: 'first time' })
  })

  it('names the file, and how many of its lines changed', async () => {
    const { options } = project()
    await build(options({}))
    const edited = options({ 'package.json': PACKAGE.replace('"1"', '"2"').replace('true', 'false').replace('app', 'other') })
    const told = await explain(edited, '1.2')
    expect(told).toMatchObject({ outcome: 'run', reason: '`package.json` changed: 3 lines' })
    expect(told.explanation?.causes[0]?.files).toEqual([{ path: '/app/package.json', change: 'content', lines: 3 }])
    expect(told.explanation?.earlier).toMatchObject({ instruction: 'COPY package.json ./', reason: 'first time' })
    expect((await explain(edited, '1.3')).reason).toBe('`COPY package.json ./` above it gave another result')
    expect((await build(edited)).steps.find(({ id }) => id === '1.2')?.reason).toBe('`package.json` changed: 3 lines')
  })

  it('names files that came, went, or got another mode', async () => {
    const { options } = project()
    await build(options({}))
    const { 'src/b.js': _, ...rest } = FILES
    const context = memoryContext({ ...rest, 'src/a.js': { content: 'a\n', mode: 0o755 }, 'src/c.js': 'c\n' })
    expect((await explain(options({}, { context }), '2.1')).reason).toBe('`a.js` has another mode; `b.js` is gone; `c.js` is new')
  })

  it('names the argument', async () => {
    const { options } = project()
    await build(options({}))
    const given = options({}, { buildArgs: new Map([['GIT_SHA', 'abc']]) })
    expect((await explain(given, '2.1')).outcome).toBe('cached')
    expect((await explain(given, '2.2')).reason).toBe('`ARG GIT_SHA` is in scope here and changed')
    const used = options({ Dockerfile: DOCKERFILE.replace('cat src/*', 'echo $GIT_SHA && cat src/*') })
    await build(used)
    const again = { ...used, buildArgs: new Map([['GIT_SHA', 'abc']]) }
    expect((await explain(again, '2.2')).reason).toBe('`ARG GIT_SHA` is used here and changed')
  })

  it('names the argument that a COPY, an ADD or a WORKDIR was written with, and both its values', async () => {
    const Dockerfile = `FROM scratch
ARG DIR=one
ARG FILE=a
ARG API_TOKEN=none
ENV HOME=/root
WORKDIR /$DIR
COPY src/$FILE.js $HOME/$DIR/
ADD src/a.js /$API_TOKEN
COPY <<EOF /text
$DIR
EOF
`
    const { store, options } = project()
    const given = (args: Record<string, string>, text = Dockerfile) =>
      options({ Dockerfile: text }, { buildArgs: new Map(Object.entries(args)) })
    await build(given({}))
    const other = given({ DIR: 'two' })
    for (const id of ['0.1', '0.2', '0.4'])
      expect((await explain(other, id)).reason, id).toMatch(/^`ARG DIR` is used here and changed from `one` to `two`/)
    const told = await explain(other, '0.2')
    expect(told.explanation?.causes[0]).toMatchObject({ input: 'variables', before: 'one', now: 'two' })
    expect((await explain(given({ FILE: 'b' }), '0.2')).reason).toBe(
      '`ARG FILE` is used here and changed from `a` to `b`; `a.js` is gone; `b.js` is new',
    )
    expect((await explain(given({}, Dockerfile.replace('HOME=/root', 'HOME=/home')), '0.2')).reason).toMatch(
      /^`ENV HOME` is used here and changed from `\/root` to `\/home`/,
    )
    expect((await build(other)).steps.find(({ id }) => id === '0.2')?.reason).toContain('changed from `one` to `two`')
    // where something else is written, that is what changed
    const rewritten = Dockerfile.replace('$HOME/$DIR/', '$HOME/$DIR/sub/')
    expect((await explain(given({ DIR: 'three' }, rewritten), '0.2')).reason).toMatch(/^the instruction changed: it was/)
    // what is a secret by its name is told of and not shown, nor kept beside the result
    await build(given({ API_TOKEN: 'hush-hush' }))
    const secret = await explain(given({ API_TOKEN: 'other-one' }), '0.3')
    expect(secret.reason).toMatch(/^`ARG API_TOKEN` is used here and changed(;|$)/)
    expect(secret.explanation?.causes[0]).toEqual({ input: 'variables', words: '`ARG API_TOKEN` is used here and changed' })
    for await (const { record } of cachedSteps(store)) expect(JSON.stringify(record.written ?? '')).not.toContain('hush-hush')
  })

  it('names the base image that moved', async () => {
    const { store, options } = project()
    const base = (text: string) =>
      build({ context: memoryContext({ Dockerfile: 'FROM scratch\nCOPY a /\n', a: text }), store: memoryStore() })
    const on = async (text: string) =>
      options(
        { Dockerfile: 'FROM node:20\nCOPY package.json /\n' },
        { contexts: new Map([['node:20', imageContext((await base(text)).image)]]), store },
      )
    await build(await on('one'))
    expect((await explain(await on('two'), '0.1')).reason).toMatch(
      /^base image moved from node:20@sha256:[0-9a-f]{12} to node:20@sha256:[0-9a-f]{12}$/,
    )
    const other = options(
      { Dockerfile: 'FROM node:22\nCOPY package.json /\n' },
      { contexts: new Map([['node:22', imageContext((await base('two')).image)]]) },
    )
    expect((await explain(other, '0.1')).reason).toBe('base image moved from node:20 to node:22')
  })

  it('tells what stood there before, what came in above, and what was given up', async () => {
    const { store, options } = project()
    await build(options({}))
    const edit = (from: string, to: string) => options({ Dockerfile: DOCKERFILE.replace(from, to) })
    expect((await explain(edit('COPY src/ src/', 'COPY src/ lib/'), '2.1')).reason).toBe('the instruction changed: it was `COPY src/ src/`')
    expect((await explain(edit('COPY src/ src/', 'COPY Dockerfile /\nCOPY src/ src/'), '2.2')).reason).toContain(
      '`COPY Dockerfile /` came in above it',
    )
    const keys: Digest[] = []
    for await (const { key, record } of cachedSteps(store)) if (record.instruction === 'RUN cat src/* > built') keys.push(key)
    await evictSteps(store, keys, { at: Date.UTC(2026, 0, 2), reason: 'over the cap' })
    expect((await explain(options({}), '2.2')).reason).toBe('evicted on 2026-01-02: over the cap')
  })

  it('takes a line, or what progress shows, and says what steps there are', async () => {
    const { options } = project()
    const line = DOCKERFILE.split('\n').indexOf('COPY package.json ./') + 1
    expect(await explain(options({}), `:${line}`)).toMatchObject({ id: '1.2' })
    const { number, of, stage } = await explain(options({}), '1.2')
    expect(await explain(options({}), `${stage} ${number}/${of}`)).toMatchObject({ id: '1.2' })
    await expect(explain(options({}), `no-such-stage ${number}/${of}`)).rejects.toMatchObject({ code: 'STEP_NOT_FOUND' })
    await expect(explain(options({}), '1')).rejects.toMatchObject({ code: 'STEP_NOT_FOUND' }) // several stages have a first step
    await expect(explain(options({}), '9.9')).rejects.toMatchObject({ code: 'STEP_NOT_FOUND' })
  })
})

describe('verifyStable', () => {
  const check = async (line: string) => {
    const store = memoryStore()
    const options: BuildOptions = {
      context: memoryContext({
        ...SHELL_BASE,
        Dockerfile: `${BASE_STAGE}COPY --chmod=755 rootfs/bin/busybox /bin/date\nRUN ${line}\nRUN cat /out > /copy\n`,
      }),
      store,
      executor: simulatedShell(),
    }
    await verifyStable(options, await build(options))
  }

  it('is content where a build gives the same again', async () => {
    await expect(check('echo 1 > /out')).resolves.toBeUndefined()
  })

  it('names the bytes in which a program wrote down the clock', async () => {
    const failure = await check('echo "built at $(date +%s%N)" > /out').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'UNSTABLE_BUILD' })
    const { found } = failure as UnstableBuildError
    // The step that only copies what it is given is not to blame.
    expect(found.map(({ path, instruction }) => [path, instruction])).toEqual([['/out', 'RUN echo "built at $(date +%s%N)" > /out']])
    expect(found[0]?.reason).toMatch(/^byte \d+ of \/out: "\d+", then "\d+"$/)
  })
})
