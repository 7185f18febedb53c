import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runFleet } from '@layerwright/bench/node'
import { memoryRegistry, serveRegistry } from '@layerwright/registry/testing'
import { afterAll, expect, it } from 'vitest'

const base = mkdtempSync(join(tmpdir(), 'layerwright-fleet-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const program = fileURLToPath(new URL('../dist/node/fleet/machine.js', import.meta.url))

it('a fleet shares one registry: every image is right, and nothing has to run twice', async () => {
  const served = await serveRegistry(memoryRegistry())
  try {
    const run = (name: string, processes: number, host?: string) =>
      runFleet({ dir: join(base, name), processes, commits: 4, fresh: true, waitMs: 0, everyMs: 0, program, ...(host ? { host } : {}) })
    const [first, alone] = [await run('first', 3, served.host), await run('alone', 2)]
    const images = ({ samples }: typeof first) => samples.map(({ commit, digest }) => [commit, digest])
    expect(images(first)).toEqual(images(alone))
    expect(first.samples.flatMap(({ notices }) => notices)).toEqual([])
    expect(alone.samples.every(({ ran, steps }) => ran === steps)).toBe(true)
    for (const { ran, shared, steps } of first.samples) expect(ran + shared).toBe(steps)

    // Whatever the first have lost by beginning at once, those who come later find all of it.
    const second = await run('second', 2, served.host)
    expect(images(second)).toEqual(images(alone))
    for (const { ran, shared, steps, pulled, pushed } of second.samples)
      expect([ran, shared, pulled > 0, pushed]).toEqual([0, steps, true, 0])
  } finally {
    await served.close()
  }
})
