import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchBuild } from '@layerwright/bench/node'
import { afterAll, describe, expect, it } from 'vitest'

const cli = fileURLToPath(new URL('../../layerwright/dist/cli.cjs', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'layerwright-bench-test-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('bench build', () => {
  it('measures every phase of a workload and its memory', async () => {
    const { bench, rows } = await benchBuild({ workloads: ['no-run', 'ignore-heavy'], scale: 0.002, dir, others: false })
    expect(bench).toBe('build')
    const names = rows.map(({ name }) => name)
    for (const name of ['no-run: warm', 'no-run: clean checkout', 'no-run: cold cpu', 'no-run: export gzip', 'ignore-heavy: peak memory'])
      expect(names).toContain(name)
    for (const { measured } of rows) expect(measured.ours.medianMs).toBeGreaterThan(0)
  })

  it('runs the same phases by the command line, each in a process that tells its cpu and its memory', async () => {
    const { rows } = await benchBuild({ workloads: ['ignore-heavy'], scale: 0.002, dir, cli })
    const names = rows.map(({ name }) => name)
    for (const phase of ['cold', 'warm', 'edit1', 'touch', 'clean checkout', 'export raw', 'export gzip', 'peak memory'])
      expect(names).toContain(`ignore-heavy: ${phase} by the command line`)
    for (const { measured } of rows) expect(measured.ours.bestMs).toBeGreaterThan(0)
  })

  it('compares cold builds of two sizes by several processes of each', async () => {
    const { rows } = await benchBuild({ workloads: ['deep-60', 'deep-120'], scale: 0.05, dir })
    const grown = rows.find(({ name }) => name === 'deep: cold of 120')
    expect(grown).toMatchObject({ against: 'cold of 60', goal: 2.2 })
    for (const { bestMs } of [grown!.measured.ours, grown!.measured.other]) expect(bestMs).toBeGreaterThan(0)
  })

  it('says what went wrong in a workload’s process', async () => {
    await expect(benchBuild({ workloads: ['none'], dir })).rejects.toMatchObject({ code: 'WORKLOAD_FAILED' })
  })
})
