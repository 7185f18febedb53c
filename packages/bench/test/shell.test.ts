import { meetsGoal } from '@layerwright/bench'
import { benchShell } from '@layerwright/bench/node'
import { nodeShellWorker } from '@layerwright/executor/node'
import { expect, it } from 'vitest'

it('measures commands in a worker, and finds that both sides did the same', async () => {
  // What a thread runs is compiled.
  const file = new URL('../../executor/dist/node/shell-worker.js', import.meta.url)
  const { rows } = await benchShell({ files: 30, rounds: 1, warmUp: 0, worker: () => nodeShellWorker({ file }) })
  expect(rows).toHaveLength(9)
  for (const row of rows) expect([row.measured.ours.medianMs > 0, typeof meetsGoal(row)]).toEqual([true, 'boolean'])
  expect(rows.find(({ detail }) => detail !== undefined)?.detail).toMatch(/^30 files, [\d.]+ MB sent$/)
})
