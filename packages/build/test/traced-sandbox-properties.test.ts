/** For any program of a real shell and any change to what it is given: a traced build in the real sandbox gives what a clean build gives. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildResult, build, snapshotContext } from '@layerwright/build'
import { linuxExecutor } from '@layerwright/executor/linux'
import { memoryStore } from '@layerwright/store'
import fc from 'fast-check'
import { afterAll, describe, expect } from 'vitest'
import { sandboxed } from '../../../packages/executor/test/support.js'
import { fuzz } from '../../../test/support/fuzz.js'
import { requireTool } from '../../../test/support/tools.js'
import { CHANGES, compatible, type Entry, entry, FILES, MOVES, name, names, outcomeOf, type Program, programOf } from './traced-programs.js'
import { sandboxFiles } from './traced-sandbox-support.js'

/** A piece of a program. None prints the clock, nor what the machine's filesystem makes up (inodes, sizes of directories). */
const piece: fc.Arbitrary<string> = fc.oneof(
  name.map((a) => `cat ${a} >> out`),
  name.map((a) => `[ -e ${a} ] && echo there >> out`),
  name.map((a) => `[ -d ${a} ] && ls ${a} | sort >> out`),
  name.map((a) => `[ -L ${a} ] && readlink ${a} >> out`),
  name.map((a) => `[ -x ${a} ] && ./${a} >> out`),
  name.map((a) => `sh ./${a} >> out`),
  names.map(([a, b]) => `[ ${a} -ef ${b} ] && echo one file >> out`),
  name.map((a) => `[ -d ${a} ] || stat -c '%a %s %h %F' ${a} >> out`),
  ...CHANGES,
  name.map((a) => `touch -d '2001-02-03 04:05:06' ${a}`),
  name.map((a) => `sed s/1/9/ ${a} > x`),
  name.map((a) => `cd ${a} && cat a >> /app/out`),
  name.map((a) => `(cd ${a} && cat ../a; ls | sort) >> out`),
  name.map((a) => `grep -r 1 ${a} | sort >> out`),
  name.map((a) => `find ${a} -type f | sort >> out`),
  name.map((a) => `exec 3< ${a} && cat <&3 >> out`),
  name.map((a) => `cat /proc/self/cwd/${a} >> out`),
  name.map((a) => `printf '#!/bin/sh\\ncat ${a}\\n' > made; chmod +x made; ./made >> out`),
  names.map(([a, b]) => `cat ${a} > out1 & cat ${b} > out2 & wait`),
  ...MOVES,
  fc.constantFrom(
    'for f in *; do echo $f >> out; done',
    'for f in d/*; do [ -f $f ] && cat $f >> out; done',
    'echo */a >> out',
    'wc -l < a >> out',
    'echo $A >> out',
    'PATH=/app:/app/d:$PATH a >> out',
    'PATH=/app/d:$PATH; cat a >> out',
  ),
)
const program = programOf(piece)

const places = [...FILES, 'unrelated', 'd/unrelated', 'd/cat', 'm/unrelated']
type Files = Readonly<Record<string, Entry>>
const files: fc.Arbitrary<Files> = fc.dictionary(fc.constantFrom(...places), entry, { maxKeys: 7 })

type Edit = (files: Files) => Files
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.constantFrom(...places), entry).map(
    ([path, value]): Edit =>
      (at) => ({ ...at, [path]: value }),
  ),
  name.map(
    (path): Edit =>
      (at) =>
        Object.fromEntries(Object.entries(at).filter(([other]) => other !== path)),
  ),
)
/** What is given at first, and after each of a few changes. */
const history = fc.tuple(files, fc.array(edit, { minLength: 1, maxLength: 2 })).map(([first, edits]) => {
  const all = [first]
  for (const change of edits) all.push(change(all.at(-1)!))
  return all
})

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-traced-'))
const count = { traced: 0, ran: 0, untraced: new Map<string, number>() }
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
  const why = [...count.untraced].map(([reason, times]) => `${times} times ${reason}`).join('; ') || 'none'
  console.log(`traced builds in the sandbox that differ from the one before: ${count.traced} hits, ${count.ran} runs; untraced: ${why}`)
})

const busybox = requireTool('busybox')
const there = Boolean(requireTool('strace') && busybox) && sandboxed('runc')

describe.skipIf(!there)('in the real sandbox', () => {
  const executors = {
    traced: linuxExecutor({ folder: join(scratch, 'sandbox') }),
    clean: linuxExecutor({ folder: join(scratch, 'sandbox'), backend: 'bwrap' }),
  }
  const stores = { traced: memoryStore(), clean: memoryStore() }

  async function run({ lines, user, bind }: Program, at: Files, strength: 'traced' | 'clean'): Promise<BuildResult> {
    const fs = sandboxFiles(busybox!)
    const taken = compatible(at)
    fs.mkdir('/bound')
    for (const [path, value] of taken) {
      const place = path.startsWith('m/') ? `/bound/${path.slice('m/'.length)}` : `/app/${path}`
      fs.mkdir(place.slice(0, place.lastIndexOf('/')), { recursive: true })
      if ('link' in value) fs.symlink(value.link, place)
      else fs.writeFile(place, value.content, { mode: value.mode })
    }
    fs.writeFile(
      '/Dockerfile',
      `FROM scratch
COPY rootfs/ /
COPY app/ /app/
WORKDIR /app
ENV PATH=/bin
${user}RUN --mount=type=bind,source=bound,target=m${bind} <<END
exec 2>/dev/null
${lines.join('\n')}
:
END
`,
    )
    return build({
      context: snapshotContext(fs.freeze()),
      store: stores[strength],
      executor: executors[strength],
      cache: strength === 'traced' ? { strength } : { strength: 'content', refresh: ['0.3', '0.4', '0.5'] },
    })
  }

  const timeless = (message: string) => message.replace(/after .*/, '')

  fuzz(
    'a traced build gives what a clean build gives',
    fc.asyncProperty(program, history, async (made, situations) => {
      for (const at of situations) {
        const traced = await outcomeOf(run(made, at, 'traced'), timeless)
        const clean = await outcomeOf(run(made, at, 'clean'), timeless)
        expect(traced.digest).toBe(clean.digest)
        const { outcome, reason } = traced.result?.steps.at(-1) ?? {}
        if (reason === 'nothing that it looked at changed') count.traced++
        if (outcome === 'ran') count.ran++
        const why = /it cannot be traced: ([^;]*)/.exec(reason ?? '')?.[1]
        if (why) count.untraced.set(why, (count.untraced.get(why) ?? 0) + 1)
      }
    }),
    { share: 0.00025, few: 5 },
  )
})
