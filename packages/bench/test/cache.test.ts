import { benchCache } from '@layerwright/bench/node'
import { expect, it } from 'vitest'

it('bench cache measures finding, looking ahead and tracing', async () => {
  const rows = await benchCache({ scale: 0.002, rounds: 1, warmUp: 0 })
  expect(rows.map(({ name, goal }) => [name, goal])).toEqual([
    ['a build that finds everything', 1.8],
    ['plan of it', undefined],
    ['a traced RUN in the simulated shell', 1.3],
  ])
  for (const { measured } of rows) expect(measured.ours.medianMs).toBeGreaterThan(0)
})
