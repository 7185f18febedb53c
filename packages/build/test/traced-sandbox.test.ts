/** What a real program can depend on without reading a file: each is changed, and the step has to run again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildResult, build, snapshotContext } from '@layerwright/build'
import { type BackendName, linuxExecutor } from '@layerwright/executor/linux'
import { memoryStore } from '@layerwright/store'
import type { Overlay } from '@layerwright/vfs'
import { afterAll, describe, expect, it } from 'vitest'
import { sandboxed } from '../../../packages/executor/test/support.js'
import { requireTool } from '../../../test/support/tools.js'
import { addProgram, sandboxFiles } from './traced-sandbox-support.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-traced-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const busybox = requireTool('busybox')
const there = Boolean(requireTool('strace') && busybox)

type Change = (files: Overlay) => void

/** One project in one store, built traced; `says` gives the last step's outcome and reason, and compares with a clean build. */
function project(run: string, base: Change = () => undefined, backend: BackendName = 'runc') {
  const executor = linuxExecutor({ folder: join(scratch, 'sandbox'), backend })
  const store = memoryStore()
  const clean = memoryStore()
  /** @param refresh the step that has to run: a clean build of it */
  const once = (change: Change, refresh?: string): Promise<BuildResult> => {
    const files = sandboxFiles(busybox!)
    base(files)
    change(files)
    files.writeFile('/Dockerfile', `FROM scratch\nCOPY rootfs/ /\nCOPY app/ /app/\nWORKDIR /app\nENV PATH=/usr/local/bin:/bin\n${run}\n`)
    return build({
      context: snapshotContext(files.freeze()),
      store: refresh ? clean : store,
      executor,
      cache: refresh ? { strength: 'content', refresh: [refresh] } : { strength: 'traced' },
    })
  }
  return async (change: Change = () => undefined): Promise<string> => {
    const traced = await once(change)
    const { outcome, reason, id } = traced.steps.at(-1)!
    expect(traced.image.digest).toBe((await once(change, id)).image.digest)
    return `${outcome}: ${reason}`
  }
}

const HIT = 'cached: nothing that it looked at changed'
const write =
  (path: string, text: string, mode = 0o644): Change =>
  (files) => {
    files.mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true })
    files.writeFile(path, text, { mode })
  }
const both =
  (...changes: readonly Change[]): Change =>
  (files) => {
    for (const change of changes) change(files)
  }
const other = write('/app/other', '1')

describe.skipIf(!there || !sandboxed('runc'))('a traced RUN in the real sandbox', () => {
  for (const backend of ['runc', 'crun', 'bwrap'] as const) {
    it.skipIf(!sandboxed(backend))(`hits where only files differ that it did not look at (${backend})`, async () => {
      const says = project('RUN cat a > out; [ -e missing ] || ls d >> out', both(write('/app/a', '1'), write('/app/d/x', '1')), backend)
      expect(await says()).toMatch(/^ran: first time; traced \d+ calls, which took \d+\.\d\d s of processor time$/)
      expect(await says(other)).toBe(HIT)
      expect(await says(write('/app/d/x', '2'))).toBe(HIT)
      expect(await says(write('/app/a', '2'))).toMatch(/^ran: `\/app\/a`, which it read, changed/)
      const two = write('/app/a', '2')
      expect(await says(both(two, write('/app/d/y', '1')))).toMatch(/^ran: `\/app\/d`, which it listed, changed/)
      expect(await says(both(two, write('/app/missing', '2')))).toMatch(/^ran: .*1 more|^ran: `\/app\/missing`, which was not there/)
    })
  }

  it('follows links on the way', async () => {
    const link =
      (target: string): Change =>
      (files) =>
        files.symlink(target, '/app/l')
    const says = project('RUN cat l/a > out || true', both(write('/app/d/a', '1'), write('/app/e/a', '1')))
    expect(await says(link('d'))).toMatch(/^ran/)
    expect(await says(both(link('d'), write('/app/e/a', '2')))).toBe(HIT)
    expect(await says(link('e'))).toMatch(/^ran: `\/app\/l`/)
    expect(await says(link('missing'))).toMatch(/^ran/)
  })

  it('knows which program PATH finds, and what may be found before it', async () => {
    const script = '#!/bin/sh\necho sneaky\n'
    const says = project('RUN cat a > out', write('/app/a', '1'))
    expect(await says()).toMatch(/^ran/)
    expect(await says(write('/rootfs/usr/local/bin/other', script, 0o755))).toBe(HIT)
    expect(await says(write('/rootfs/usr/local/bin/cat', script, 0o755))).toMatch(/^ran: `\/usr\/local\/bin\/cat`, which was not there/)
    const exec = project('RUN ["cat", "a"]', write('/app/a', '1'))
    expect(await exec()).toMatch(/^ran/)
    expect(await exec(other)).toBe(HIT)
    expect(await exec(write('/rootfs/usr/local/bin/cat', script, 0o755))).toMatch(/^ran: `\/usr\/local\/bin\/cat`, which was not there/)
  })

  it('knows the interpreter of a script, its loader and its libraries', async () => {
    const base = both(
      write('/app/run', '#!/usr/local/bin/my-sh\necho hello > out\n', 0o755),
      (files) => addProgram(files, '/usr/local/bin/my-sh', '/bin/sh'),
      (files) => addProgram(files, '/usr/local/bin/my-other', '/bin/sh'),
    )
    const append =
      (path: string): Change =>
      (files) =>
        files.writeFile(path, 'more', { flag: 'a' })
    const says = project('RUN ["/app/run"]', base)
    expect(await says()).toMatch(/^ran/)
    expect(await says(append('/rootfs/usr/local/bin/my-other'))).toBe(HIT)
    expect(await says(append('/rootfs/usr/local/bin/my-sh'))).toMatch(
      /^ran: `\/usr\/local\/bin\/my-sh`, which it (?:read|looked at), changed/,
    )
    const parts: string[] = []
    const collect: Change = (files) => {
      for (const folder of ['/rootfs/lib', '/rootfs/lib64', '/rootfs/lib/x86_64-linux-gnu', '/rootfs/lib/aarch64-linux-gnu'])
        if (files.exists(folder)) for (const { name, type } of files.readdir(folder)) if (type === 'file') parts.push(`${folder}/${name}`)
    }
    await says(collect)
    // the loader, and the library of C
    expect(parts.length).toBeGreaterThanOrEqual(2)
    for (const part of new Set(parts)) expect(await says(append(part))).toMatch(/^ran/)
  })

  it('knows the interpreter of a program that it has made itself', async () => {
    const base = (files: Overlay) => addProgram(files, '/usr/local/bin/my-sh', '/bin/sh')
    const says = project("RUN printf '#!/usr/local/bin/my-sh\\necho made > out\\n' > made; chmod +x made; ./made", base)
    expect(await says()).toMatch(/^ran: first time; traced/)
    expect(await says(other)).toBe(HIT)
    expect(await says((files) => files.writeFile('/rootfs/usr/local/bin/my-sh', 'x', { flag: 'a' }))).toMatch(/^ran/)
    const gone = project("RUN printf '#!/bin/sh\\necho made > out\\n' > made; chmod +x made; ./made; rm made")
    // The tracer is behind the command: where it comes too late to see the program, it says so, and the step is found by its key alone.
    const first = await gone()
    expect(first).toMatch(/^ran: first time; (?:it cannot be traced: .* removed it before it could be looked at: .*; )?traced \d+ calls/)
    if (!first.includes('cannot be traced')) expect(await gone(other)).toBe(HIT)
  })

  it('notices names of one file, modes, and what it overwrote with the same', async () => {
    const linked: Change = (files) => files.link('/app/a', '/app/b')
    const says = project('RUN stat -c %h a > out', write('/app/a', '1'))
    expect(await says()).toMatch(/^ran/)
    expect(await says(linked)).toMatch(/^ran/)
    const same = project('RUN echo same > a', write('/app/a', 'same\n'))
    expect(await same()).toMatch(/^ran/)
    expect(await same(write('/app/a', 'else'))).toMatch(/^ran/)
    const mode = project('RUN chmod 600 a', write('/app/a', '1', 0o600))
    expect(await mode()).toMatch(/^ran/)
    expect(await mode((files) => files.chmod('/app/a', 0o644))).toMatch(/^ran/)
    const may = project('USER 1000\nRUN cat d/a || true', write('/app/d/a', '1'))
    expect(await may()).toMatch(/^ran/)
    expect(await may((files) => files.chmod('/app/d', 0o700))).toMatch(/^ran/)
  })

  it('keys the whole environment', async () => {
    const says = project('ARG A=1\nRUN true')
    expect(await says()).toMatch(/^ran/)
    expect(await says(other)).toBe(HIT)
    const changed = project('ARG A=2\nRUN true')
    expect(await changed()).toMatch(/^ran/)
  })

  it('looks into bind mounts, and follows links out of them', async () => {
    const says = project(
      'RUN --mount=type=bind,source=bound,target=/bound cat /bound/l > out; cat /bound/d/a >> out',
      both(write('/bound/x', '1'), write('/bound/d/a', '1'), (files) => files.symlink('/app/a', '/bound/l')),
    )
    expect(await says(write('/app/a', '1'))).toMatch(/^ran/)
    expect(await says(both(write('/app/a', '1'), other))).toBe(HIT)
    expect(await says(write('/app/a', '2'))).toMatch(/^ran: `\/app\/a`/)
    expect(await says(both(write('/app/a', '1'), write('/bound/x', '2'), write('/bound/d/y', '1')))).toBe(HIT)
    expect(await says(both(write('/app/a', '1'), write('/bound/d/a', '2')))).toMatch(/^ran/)
  })

  it('knows programs in a bind mount, a bind of one file, and what is written to one', async () => {
    const says = project(
      'RUN --mount=type=bind,source=tools,target=/tools --mount=type=bind,source=tools/one,target=/one --mount=type=bind,source=work,target=/work,rw ' +
        '/tools/run; cat /one >> out; cd /work; echo more >> log; cat log >> /app/out',
      both(
        write('/tools/run', '#!/bin/sh\necho hello > out\n', 0o755),
        write('/tools/other', '1'),
        write('/tools/one', '1'),
        write('/work/log', '1'),
        write('/work/other', '1'),
      ),
    )
    expect(await says()).toMatch(/^ran: first time; traced/)
    expect(await says(both(write('/tools/other', '2'), write('/work/other', '2'), other))).toBe(HIT)
    expect(await says(write('/tools/run', '#!/bin/sh\necho hello you > out\n', 0o755))).toMatch(/^ran: `\/tools\/run`, which it/)
    expect(await says(write('/tools/one', '2'))).toMatch(/^ran/)
    expect(await says(write('/work/log', '2'))).toMatch(/^ran/)
  })

  it('is untraced behind what cannot be followed, and says so', async () => {
    const says = project('RUN chroot / cat /app/a > out', write('/app/a', '1'))
    expect(await says()).toMatch(/^ran: first time; it cannot be traced: it called chroot/)
    expect(await says(other)).toMatch(/^ran/)
    expect(await says(other)).toBe('cached: same inputs as before')
  })

  it.skipIf(!requireTool('id'))('runs again without the tracer where that takes rights away', async () => {
    const base = (files: Overlay) => addProgram(files, '/usr/local/bin/id', requireTool('id')!, 0o4755)
    const says = project('RUN chmod 777 .\nUSER 1000\nRUN /usr/local/bin/id -u > out; echo $? >> out', base)
    expect(await says()).toMatch(/it cannot be traced: it executed a program that gives other rights.*it ran again without/)
  })
})
