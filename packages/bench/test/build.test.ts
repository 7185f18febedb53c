import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchBuild } from '@layerwright/bench/node'
import { afterAll, describe, expect, it } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'layerwright-bench-test-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('bench build', () => {
  it('measures every phase of a workload and its memory', async () => {
    const { bench, rows } = await benchBuild({ workloads: ['no-run', 'ignore-heavy'], scale: 0.002, dir })
    expect(bench).toBe('build')
    const names = rows.map(({ name }) => name)
    for (const name of ['no-run: warm', 'no-run: clean checkout', 'no-run: cold cpu', 'no-run: export gzip', 'ignore-heavy: peak memory'])
      expect(names).toContain(name)
    for (const { measured } of rows) expect(measured.ours.medianMs).toBeGreaterThan(0)
  })

  it('says what went wrong in a workload’s process', async () => {
    await expect(benchBuild({ workloads: ['none'], dir })).rejects.toMatchObject({ code: 'WORKLOAD_FAILED' })
  })
})
