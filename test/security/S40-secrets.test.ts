/** S40: the bytes of a secret are in no layer, key, record, log, event, history or error. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildEvent, build, memoryContext } from '@layerwright/build'
import { sha256 } from '@layerwright/digest'
import { simulatedShell } from '@layerwright/executor/shell'
import { openStore } from '@layerwright/store/node'
import { expect, it } from 'vitest'
import { BASE_STAGE, SHELL_BASE } from '../../packages/build/test/support.js'
import { guarded, hostPaths } from './support.js'

const secret = 'correct-horse-battery-staple-4711'
const bytes = new TextEncoder().encode(secret)
/** As it is, and as somebody might have hidden it. */
const FORMS = [secret, Buffer.from(bytes).toString('base64'), Buffer.from(bytes).toString('hex'), sha256(bytes).slice(7)]

const WAYS: readonly [string, string][] = [
  ['a file', 'RUN --mount=type=secret,id=token cat /run/secrets/token > /dev/null && touch /done'],
  [
    'a file at a place of its own',
    'RUN --mount=type=secret,id=token,target=/root/deep/token,mode=0440,uid=5 cat /root/deep/token > /dev/null',
  ],
  ['a variable', 'RUN --mount=type=secret,id=token,env=TOKEN test -n "$TOKEN"'],
  ['a file in the working directory', 'RUN --mount=type=secret,id=token,target=token cat token > /dev/null; rm -f token; touch x'],
  ['a file beside a cache', 'RUN --mount=type=secret,id=token,target=/c/token --mount=type=cache,target=/c touch /c/kept'],
  ['a step that fails', 'RUN --mount=type=secret,id=token cat /run/secrets/token > /dev/null; exit 3'],
  ['an instruction that is not there', 'RUN --mount=type=secret,id=token nonsense --token'],
]

it.each(WAYS)('S40 a secret as %s', (_, run) =>
  guarded(async ({ target }) => {
    const store = await openStore(target, { fsync: false })
    const events: BuildEvent[] = []
    const context = memoryContext({ ...SHELL_BASE, Dockerfile: `${BASE_STAGE}FROM base\nWORKDIR /w\n${run}\n` })
    let told = ''
    try {
      const given = (value: Uint8Array) =>
        build({ context, store, executor: simulatedShell(), secrets: new Map([['token', value]]), onEvent: (event) => events.push(event) })
      const result = await given(bytes)
      told += JSON.stringify([result.image.config, result.image.manifest, result.steps, result.warnings])
      // Another value runs nothing again: it is not in the key.
      expect((await given(new TextEncoder().encode('another'))).steps.at(-1)?.outcome).toBe('cached')
    } catch (error) {
      told += String(error) + JSON.stringify(error) + (error as Error).stack
    }
    told += JSON.stringify(events)
    store.close()
    for (const form of FORMS) expect(told).not.toContain(form)
    let files = 0
    for (const path of hostPaths(target)) {
      for (const form of FORMS) expect(path).not.toContain(form)
      let content: string
      try {
        content = readFileSync(join(target, path), 'latin1')
      } catch (error) {
        expect(error).toMatchObject({ code: 'EISDIR' })
        continue
      }
      files++
      for (const form of FORMS) expect(content).not.toContain(form)
    }
    expect(files).toBeGreaterThan(5)
  }),
)
