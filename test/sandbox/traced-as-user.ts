/** What `traced-rootless.test.ts` runs as an ordinary user: traced builds with each runtime, beside clean ones, by Node's own test runner. */
import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BuildResult, build, snapshotContext } from '@layerwright/build'
import { type BackendName, linuxExecutor } from '@layerwright/executor/linux'
import { memoryStore } from '@layerwright/store'
import fc from 'fast-check'
import {
  CHANGES,
  compatible,
  type Entry,
  entry,
  FILES,
  MOVES,
  name,
  outcomeOf,
  programOf,
} from '../../packages/build/test/traced-programs.js'
import { sandboxFiles } from '../../packages/build/test/traced-sandbox-support.js'

const [, , folder = '', busybox = '', runs = '0', ...runtimes] = process.argv
const HIT = 'nothing that it looked at changed'

type Files = Readonly<Record<string, Entry>>

/** Builds with one runtime, traced on one store, and clean ones of the same. */
function project(backend: BackendName) {
  const executor = linuxExecutor({ backend, folder })
  const stores = { traced: memoryStore(), clean: memoryStore() }
  const run = (lines: readonly string[], files: Files, bind: string, clean: boolean, notices: string[]): Promise<BuildResult> => {
    const fs = sandboxFiles(busybox)
    fs.mkdir('/bound')
    for (const [path, value] of compatible(files)) {
      const place = path.startsWith('m/') ? `/bound/${path.slice('m/'.length)}` : `/app/${path}`
      fs.mkdir(place.slice(0, place.lastIndexOf('/')), { recursive: true })
      if ('link' in value) fs.symlink(value.link, place)
      else fs.writeFile(place, value.content, { mode: value.mode })
    }
    const script = `exec 2>/dev/null\n${lines.join('\n')}\n:\n`
    fs.writeFile(
      '/Dockerfile',
      `FROM scratch\nCOPY rootfs/ /\nCOPY app/ /app/\nWORKDIR /app\nENV PATH=/bin\nRUN --mount=type=bind,source=bound,target=m${bind} <<END\n${script}END\n`,
    )
    return build({
      context: snapshotContext(fs.freeze()),
      store: clean ? stores.clean : stores.traced,
      executor,
      cache: clean ? { strength: 'content', refresh: ['0.4'] } : { strength: 'traced' },
      onEvent: (event) => event.type === 'notice' && notices.push(`${event.code} ${event.message}`),
    })
  }
  /** The last step's reason of a traced build, which gives what a clean one gives. */
  return async (lines: readonly string[], files: Files, bind = ''): Promise<string> => {
    const notices: string[] = []
    const words = (message: string) => message.replace(/after .*/, '')
    const traced = await outcomeOf(run(lines, files, bind, false, notices), words)
    const clean = await outcomeOf(run(lines, files, bind, true, notices), words)
    equal(traced.digest, clean.digest)
    deepEqual(notices, [])
    return traced.result?.steps.at(-1)?.reason ?? 'failed'
  }
}

const file = (content: string, mode = 0o644): Entry => ({ content, mode })

for (const backend of runtimes as BackendName[]) {
  describe(`traced with ${backend}`, () => {
    it('finds a command where only files differ that it did not look at', async () => {
      const says = project(backend)
      const made = "printf '#!/bin/sh\\ncat d/c\\n' > made; chmod +x made; ./made >> out"
      const lines = ['./a > out', 'cat m/a >> out', 'ls d >> out', 'chmod 700 b', 'mv b c', 'chown 1:1 c', '[ -e x ] || id >> out', made]
      const files = {
        a: file('#!/bin/sh\necho 1\n', 0o755),
        b: file('1'),
        'd/a': file('1'),
        'd/c': file('1'),
        'm/a': file('1'),
        unrelated: file('1'),
        'm/unrelated': file('1'),
      }
      match(await says(lines, files), /^first time; traced \d+ calls/)
      equal(await says(lines, { ...files, unrelated: file('2'), 'm/unrelated': file('2'), 'd/a': file('2') }), HIT)
      match(await says(lines, { ...files, a: file('#!/bin/sh\necho 2\n', 0o755) }), /^`\/app\/a`, which it .*traced/)
      for (const [path, value] of [
        ['m/a', file('2')],
        ['d/c', file('2')],
        ['x', file('')],
      ] as const)
        match(await says(lines, { ...files, [path]: value }), /traced/)
    })
  })
}

const piece = fc.oneof(
  name.map((a) => `cat ${a} >> out`),
  name.map((a) => `[ -d ${a} ] && ls ${a} | sort >> out`),
  name.map((a) => `[ -x ${a} ] && ./${a} >> out`),
  name.map((a) => `chown 1:1 ${a} || echo refused >> out`),
  name.map((a) => `[ -d ${a} ] || stat -c '%a %s %h %u:%g %F' ${a} >> out`),
  ...CHANGES,
  ...MOVES,
)
const files: fc.Arbitrary<Files> = fc.dictionary(fc.constantFrom(...FILES, 'unrelated', 'm/unrelated'), entry, { maxKeys: 7 })

describe('any program', () => {
  it('gives what a clean build gives', async () => {
    const says = project(runtimes.at(-1) as BackendName)
    let hits = 0
    const law = fc.asyncProperty(programOf(piece), files, files, async ({ lines, bind }, first, more) => {
      for (const at of [first, { ...first, ...more }]) if ((await says(lines, at, bind)) === HIT) hits++
    })
    const seed = Math.floor(Math.random() * 2 ** 31)
    console.log(`seed ${seed}`)
    await fc.assert(law, { numRuns: Number(runs), seed })
    console.log(`${runs} programs, ${hits} hits`)
  })
})
