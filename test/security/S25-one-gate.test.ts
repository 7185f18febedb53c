/** S25 (CVE-2024-23653): privileges pass one gate, and every way into a build goes through it. */
import { type BuildOptions, build, memoryContext } from '@layerwright/build'
import { simulatedShell } from '@layerwright/executor/shell'
import { memoryStore } from '@layerwright/store'
import { expect, it } from 'vitest'
import { guarded } from './support.js'

const ASKS = ['RUN --security=insecure true', 'RUN --network=host true']
const WAYS: readonly [string, (run: string) => { files: Record<string, string>; options?: Partial<BuildOptions> }][] = [
  ['the target', (run) => ({ files: { Dockerfile: `# syntax=docker/dockerfile:1-labs\nFROM scratch\n${run}\n` } })],
  ['a stage below', (run) => ({ files: { Dockerfile: `FROM scratch AS a\n${run}\nFROM a\nLABEL x=y\n` } })],
  ['a stage that is copied from', (run) => ({ files: { Dockerfile: `FROM scratch AS a\n${run}\nFROM scratch\nCOPY --from=a / /\n` } })],
  [
    'a stage that is mounted',
    (run) => ({ files: { Dockerfile: `FROM scratch AS a\n${run}\nFROM scratch\nRUN --mount=from=a,target=/m true\n` } }),
  ],
  ['a Dockerfile in the options', (run) => ({ files: {}, options: { dockerfileText: `FROM scratch\n${run}\n` } })],
  [
    'the second of two platforms',
    (run) => ({
      files: { Dockerfile: `FROM scratch AS base-amd64\nFROM scratch AS base-arm64\n${run}\nFROM base-$TARGETARCH\nLABEL a=b\n` },
      options: {
        platforms: [
          { os: 'linux', architecture: 'amd64' },
          { os: 'linux', architecture: 'arm64' },
        ],
      },
    }),
  ],
  ['a trigger of a stage', (run) => ({ files: { Dockerfile: `FROM scratch AS a\nONBUILD ${run}\nFROM a\nLABEL x=y\n` } })],
]

it.each(WAYS.flatMap(([way, make]) => ASKS.map((run) => [run, way, make] as const)))('S25 %s by way of %s', (run, _, make) =>
  guarded(async () => {
    let ran = 0
    const inner = simulatedShell()
    const executor = {
      class: inner.class,
      simulated: true,
      run: (request: Parameters<typeof inner.run>[0]) => {
        ran++
        return inner.run(request)
      },
    }
    const { files, options } = make(run)
    const store = memoryStore()
    await expect(build({ context: memoryContext(files), store, executor, ...options })).rejects.toMatchObject({
      code: 'ENTITLEMENT_DENIED',
    })
    expect(ran).toBe(0)
    // Not even the steps before it ran.
    const blobs: unknown[] = []
    for await (const blob of store.blobs()) blobs.push(blob)
    expect(blobs).toEqual([])
  }),
)
