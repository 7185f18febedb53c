import { type BuildResult, build, memoryContext } from '@layerwright/build'
import { simulatedShell } from '@layerwright/executor/shell'
import { memoryStore } from '@layerwright/store'
import { describe, expect, it } from 'vitest'
import { BASE_STAGE, SHELL_BASE, textOf } from './support.js'

const SHELL = `${BASE_STAGE}COPY --chmod=755 rootfs/bin/busybox /bin/ls
COPY --chmod=755 rootfs/bin/busybox /bin/cp
COPY --chmod=755 rootfs/bin/busybox /bin/mv
COPY --chmod=755 rootfs/bin/busybox /bin/ln
COPY --chmod=755 rootfs/bin/busybox /bin/printenv
`

type Files = Record<string, string | { content: string; mode: number }>

/** One project in one store, built traced; `says` gives the last step's outcome and reason. */
function project(lines: string) {
  const store = memoryStore()
  const dockerfile = `${SHELL}FROM base\nARG A=1\nARG B=1\nWORKDIR /app\nCOPY app/ .\n${lines}\n`
  const run = (files: Files, args: Record<string, string> = {}, fresh = false): Promise<BuildResult> =>
    build({
      context: memoryContext({ ...SHELL_BASE, 'app/keep': '', ...files, Dockerfile: dockerfile }),
      store: fresh ? memoryStore() : store,
      executor: simulatedShell(),
      buildArgs: new Map(Object.entries(args)),
      cache: { strength: fresh ? 'content' : 'traced' },
    })
  return {
    async says(files: Files, args?: Record<string, string>): Promise<string> {
      const [traced, clean] = [await run(files, args), await run(files, args, true)]
      expect(traced.image.digest).toBe(clean.image.digest)
      const { outcome, reason } = traced.steps.at(-1)!
      return `${outcome}: ${reason}`
    },
    run,
  }
}

const HIT = 'cached: nothing that it looked at changed'

describe('a traced RUN', () => {
  it('hits where only files differ that it did not look at', async () => {
    const { says, run } = project('RUN cat package.json > installed')
    const files = { 'app/package.json': '{}', 'app/src/server.js': '1' }
    expect(await says(files)).toMatch(/^ran/)
    expect(await says({ ...files, 'app/src/server.js': '2' })).toBe(HIT)
    // by its key the next time
    expect(await says({ ...files, 'app/src/server.js': '2' })).toBe('cached: same inputs as before')
    expect(await says({ ...files, 'app/package.json': '{"a":1}' })).toBe('ran: `/app/package.json`, which it read, changed')
    expect(await textOf(await run({ ...files, 'app/src/server.js': '3' }), '/app/src/server.js')).toBe('3')
  })

  it('misses where a name that it looked for in vain has come', async () => {
    const { says } = project('RUN if [ -f extra ]; then cat extra > out; else echo none > out; fi')
    expect(await says({})).toMatch(/^ran/)
    expect(await says({ 'app/other': '1' })).toBe(HIT)
    expect(await says({ 'app/extra': '1' })).toBe('ran: `/app/extra`, which was not there when it looked, is there')
    expect(await says({})).toBe('cached: same inputs as before')
  })

  it('misses where a folder that it listed has other names, and not where a file in it has other bytes', async () => {
    const { says } = project('RUN ls d > out')
    expect(await says({ 'app/d/a': '1' })).toMatch(/^ran/)
    expect(await says({ 'app/d/a': '2' })).toBe(HIT)
    expect(await says({ 'app/d/a': '1', 'app/d/b': '1' })).toBe('ran: `/app/d`, which it listed, changed')
  })

  it('knows the program itself, and what PATH might have found before it', async () => {
    const { says } = project('ENV PATH=/app/bin:/bin\nRUN tool && cat keep > out')
    const tool = (content: string) => ({ content, mode: 0o755 })
    const files = { 'app/bin/tool': tool('#!/bin/sh\necho one\n') }
    expect(await says(files)).toMatch(/^ran/)
    expect(await says({ 'app/bin/tool': tool('#!/bin/sh\necho two\n') })).toBe('ran: `/app/bin/tool`, which it read, changed')
    expect(await says({ ...files, 'app/bin/cat': tool('#!/bin/ls\n') })).toMatch(/^ran: `\/app\/bin\/cat`, which was not there/)
  })

  it('follows what is appended to, moved, linked and removed as a whole', async () => {
    const { says } = project('RUN echo x >> log; mv d moved; ln l hard; rm -rf gone')
    const files = { 'app/log': '1', 'app/d/a': '1', 'app/l': '1', 'app/gone/a': '1', 'app/free': '1' }
    expect(await says(files)).toMatch(/^ran/)
    expect(await says({ ...files, 'app/free': '2' })).toBe(HIT)
    for (const path of ['app/log', 'app/d/a', 'app/l', 'app/gone/a']) expect(await says({ ...files, [path]: '2' })).toMatch(/^ran/)
    expect(await says({ ...files, 'app/d/b': '2' })).toMatch(/^ran/)
    expect(await says({ ...files, 'app/gone/b': '2' })).toMatch(/^ran/)
  })

  it('asks again for a name that was missing, not for what would have been below it', async () => {
    const { says } = project('RUN mkdir -p new/deep && [ ! -e no/such ] && echo x > new/deep/f')
    expect(await says({ 'app/other': '1' })).toMatch(/^ran/)
    expect(await says({ 'app/other': '2' })).toBe(HIT)
    expect(await says({ 'app/new/deep/g': '1' })).toMatch(/^ran: `\/app\/new`, which was not there/)
    expect(await says({ 'app/no/such2': '1' })).toMatch(/^ran: `\/app\/no`, which was not there/)
  })

  it('takes a listing for what all in it are, but not for where links lead', async () => {
    const { says } = project(
      'RUN if [ $A = 2 ]; then ln -s /one d/link; else ln -s /other d/link; fi\nRUN for f in d/*; do [ -d $f ] && echo $f >> out; readlink $f >> out; done; true',
    )
    expect(await says({ 'app/d/a': '1' })).toMatch(/^ran/)
    expect(await says({ 'app/d/a': '2' })).toBe(HIT)
    expect(await says({ 'app/d/a': '1' }, { A: '2' })).toBe('ran: `/app/d/link`, which it looked up, changed')
    expect(await says({ 'app/d/a/b': '1' }, { A: '2' })).toBe('ran: `/app/d`, which it listed, changed')
  })

  it('knows the other names of a file that it counted and then changed', async () => {
    const { says } = project('RUN if [ $A = 2 ]; then ln l other; fi\nRUN stat -c %h l > out; echo more >> l')
    expect(await says({ 'app/l': '1' })).toMatch(/^ran/)
    expect(await says({ 'app/l': '1', 'app/m': '1' })).toBe(HIT)
    expect(await says({ 'app/l': '1' }, { A: '2' })).toMatch(/^ran: `\/app\/l`/)
  })

  it('notices what it wrote over without looking', async () => {
    const { says } = project('RUN echo same > out')
    expect(await says({ 'app/out': 'other' })).toMatch(/^ran/)
    // The same bytes are there already: a clean build leaves them out of its layer.
    expect(await says({ 'app/out': 'same\n' })).toMatch(/^ran/)
    expect(await says({})).toMatch(/^ran/)
  })

  it('has only the variables that it read in its key', async () => {
    const { says } = project('RUN echo $A > out')
    expect(await says({})).toMatch(/^ran/)
    expect(await says({}, { B: '2' })).toBe(HIT)
    expect(await says({}, { A: '2' })).toBe('ran: `ARG A` is used here and changed')
    const all = project('RUN printenv > out')
    await all.says({})
    expect(await all.says({}, { B: '2' })).toMatch(/^ran/)
  })

  it('knows who it runs as', async () => {
    const { says } = project('COPY etc/ /etc/\nUSER app\nRUN echo $HOME > /dev/null; cd /; [ -r app/a ] && echo yes; true')
    const passwd = (home: string) => ({ 'etc/passwd': `app:x:1000:1000::${home}:/bin/sh\n`, 'etc/other': '1' })
    expect(await says(passwd('/home/app'))).toMatch(/^ran/)
    expect(await says({ ...passwd('/home/app'), 'etc/other': '2' })).toBe(HIT)
    expect(await says(passwd('/srv'))).toMatch(/^ran: `\/etc\/passwd`/)
  })

  it('looks into a bind mount as into the tree', async () => {
    const { says } = project('RUN --mount=type=bind,source=app/d,target=/d cat /d/a > out; [ -e /d/missing ] || ls /d/e >> out')
    const files = { 'app/d/a': '1', 'app/d/b': '1', 'app/d/e/x': '1' }
    expect(await says(files)).toMatch(/^ran/)
    expect(await says({ ...files, 'app/c': '1' })).toBe(HIT)
    expect(await says({ ...files, 'app/d/b': '2', 'app/d/e/x': '2', 'app/d/new': '' })).toBe(HIT)
    expect(await says({ ...files, 'app/d/a': '2' })).toBe('ran: `/d/a`, which it read, changed')
    expect(await says({ ...files, 'app/d/missing': '' })).toMatch(/^ran/)
    expect(await says({ ...files, 'app/d/e/y': '' })).toMatch(/^ran/)
  })

  it('looks into a bind of one file, and through links out of one', async () => {
    const { says } = project('RUN --mount=type=bind,source=app/one,target=/f [ -s /f ] && cat /f > out')
    expect(await says({ 'app/one': '1', 'app/two': '1' })).toMatch(/^ran/)
    expect(await says({ 'app/one': '1', 'app/two': '2' })).toBe(HIT)
    expect(await says({ 'app/one': '2', 'app/two': '1' })).toBe('ran: `/f`, which it read, changed')
    const stage = project('RUN --mount=type=bind,from=base,source=/bin,target=/stage ls -l /stage/sh > /dev/null; cat /stage/sh > out')
    expect(await stage.says({})).toMatch(/^ran/)
    expect(await stage.says({ 'app/a': '1' })).toBe(HIT)
  })

  it('follows what is written to a bind mount, which is gone afterwards', async () => {
    const { says } = project(
      'RUN --mount=type=bind,source=app/d,target=/d,rw echo x >> /d/log; cp /d/log out; mv /d/m /d/n; cat /d/n/a >> out || true',
    )
    const files = { 'app/d/log': '1', 'app/d/m/a': '1', 'app/d/free': '1' }
    expect(await says(files)).toMatch(/^ran/)
    expect(await says({ ...files, 'app/d/free': '2' })).toBe(HIT)
    expect(await says({ ...files, 'app/d/log': '2' })).toMatch(/^ran/)
    expect(await says({ ...files, 'app/d/m/b': '' })).toMatch(/^ran/)
    expect(await says({ ...files, 'app/d/n/b': '' })).toMatch(/^ran/)
  })

  it('keys a bind mount as a whole where another mount lies in it', async () => {
    const { says } = project('RUN --mount=type=bind,source=app/d,target=/d --mount=type=tmpfs,target=/d/t [ -d /d/t ] && cat /d/a > out')
    const files = { 'app/d/a': '1', 'app/d/b': '1', 'app/d/t/x': '' }
    expect(await says(files)).toMatch(/^ran/)
    expect(await says({ ...files, 'app/c': '1' })).toBe(HIT)
    expect(await says({ ...files, 'app/d/b': '2' })).toMatch(/^ran/)
  })

  it('knows a working directory that lies in a bind mount', async () => {
    const { says } = project(
      'RUN mkdir /w && mkdir /w/in && touch /other\nWORKDIR /w/in\nRUN --mount=type=bind,source=app/d,target=/w cat a > /out',
    )
    const files = { 'app/d/in/a': '1', 'app/d/in/b': '1', 'app/d/c': '1' }
    expect(await says(files)).toMatch(/^ran/)
    expect(await says({ ...files, 'app/d/in/b': '2', 'app/d/c': '2' })).toBe(HIT)
    expect(await says({ ...files, 'app/d/in/a': '2' })).toBe('ran: `/w/in/a`, which it read, changed')
  })

  it('is said to be none where the executor does not tell what commands look at', async () => {
    const { traces: _, ...silent } = simulatedShell()
    const codes: string[] = []
    const result = await build({
      context: memoryContext({ ...SHELL_BASE, Dockerfile: `${SHELL}RUN cat /bin/sh > /out\n` }),
      store: memoryStore(),
      executor: silent,
      cache: { strength: 'traced' },
      onEvent: (event) => event.type === 'notice' && codes.push(event.code),
    })
    expect(result.steps.at(-1)?.outcome).toBe('ran')
    expect(codes).toContain('NOT_TRACED')
  })
})
