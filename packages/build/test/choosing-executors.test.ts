/** An executor that leaves the choice to the tree: each step has the class of the one that would run it. */
import { type BuildEvent, type BuildOptions, build, memoryContext } from '@layerwright/build'
import type { Executor } from '@layerwright/executor'
import { memoryStore } from '@layerwright/store'
import { expect, it } from 'vitest'

const header = new Uint8Array(64)
header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2])
header[56] = 1

const FILES = {
  program: { content: header, mode: 0o755 },
  standin: { content: '\x7fELF stub', mode: 0o755 },
  Dockerfile: `FROM scratch AS real
COPY program /bin/sh
RUN one
FROM scratch AS standin
COPY standin /bin/sh
RUN two
RUN three
FROM scratch
COPY --from=real /bin/sh /a
COPY --from=standin /bin/sh /b
`,
}

/** Builds with a choice; gives who ran what, and what was said. */
async function run(options: Partial<BuildOptions> = {}, sandbox = true) {
  const ran: string[] = []
  const notices: string[] = []
  const one = (name: string, simulated: boolean): Executor => ({
    ...{ class: name, simulated },
    async run({ argv, overlay }) {
      ran.push(`${name}: ${argv.at(-1)}`)
      overlay.writeFile(`/${argv.at(-1)}`, '')
      return { exitCode: 0 }
    },
  })
  const [linux, shell] = [one('linux', false), one('shell/1', true)]
  const executor: Executor = {
    ...one('shell/1', false),
    choose: async (programs) =>
      programs && sandbox ? { executor: linux } : { executor: shell, because: programs ? 'no sandbox' : 'a stand-in' },
  }
  const onEvent = (event: BuildEvent) => void (event.type === 'notice' && notices.push(event.message))
  const result = await build({ context: memoryContext(FILES), store: memoryStore(), executor, onEvent, ...options })
  const outcome = (name: string) => result.steps.find(({ instruction }) => instruction === `RUN ${name}`)?.outcome
  return { ran: ran.sort(), notices, result, outcomes: ['one', 'two', 'three'].map(outcome) }
}

it('runs each step where its root can run, and says once why something is simulated', async () => {
  const { ran, notices } = await run()
  expect(ran).toEqual(['linux: one', 'shell/1: three', 'shell/1: two'])
  expect(notices).toEqual([expect.stringContaining('(a stand-in)')])
  expect((await run({}, false)).notices.sort()).toEqual([expect.stringContaining('(a stand-in)'), expect.stringContaining('(no sandbox)')])
})

it('keys each step by who would run it', async () => {
  const store = memoryStore()
  await run({ store })
  expect((await run({ store })).outcomes).toEqual(['cached', 'cached', 'cached'])
  // Without the sandbox what it ran is another step; what was simulated stays.
  expect((await run({ store }, false)).outcomes).toEqual(['ran', 'cached', 'cached'])
})

it('marks the simulated ones only', async () => {
  const comments = async (target: string) =>
    (await run({ target })).result.image.config.history?.flatMap(({ comment, empty_layer }) => (empty_layer ? [] : [comment]))
  expect(await comments('real')).not.toContain('layerwright.simulated shell/1')
  expect((await comments('standin'))?.slice(1)).toEqual(['layerwright.simulated shell/1', 'layerwright.simulated shell/1'])
})
