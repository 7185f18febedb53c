import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchSandbox } from '@layerwright/bench/node'
import { afterAll, describe, expect, it } from 'vitest'
import { leaveOut, requireTool } from '../../../test/support/tools.js'

const dir = mkdtempSync(join(tmpdir(), 'layerwright-bench-test-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
if (!isRoot) leaveOut('the bench of the sandbox', 'this is not root')
const ready = isRoot && ['busybox', 'runc', 'strace'].every((name) => requireTool(name))

describe.skipIf(!ready)('bench sandbox', () => {
  it('measures the runtimes, a chain, and stages side by side', async () => {
    const { rows } = await benchSandbox({ scale: 0.01, rounds: 1, dir })
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'RUN true with runc',
        'one of 4 RUN on 300 files',
        'wide: 12 stages of a second',
        'traced RUN: 100 programs',
      ]),
    )
    for (const { measured } of rows) expect(measured.ours.medianMs).toBeGreaterThan(0)
    expect(rows.find(({ name, goal }) => name === 'wide: 12 stages of a second' && goal !== undefined)).toMatchObject({
      goal: 1,
      detail: expect.stringContaining('0 of 6 unneeded started'),
    })
    expect(rows.map(({ against }) => against)).toEqual(
      expect.arrayContaining(['runc on an overlay, by a script', 'runc alone, 12 at once']),
    )
  })

  it('measures only the parts that are asked for', async () => {
    const nodeApp = async () => [
      { name: 'Layerwright', cold: [20, 40, 30], edit1: [5] },
      { name: 'another', cold: [60, 60, 10], edit1: [2] },
    ]
    const { rows } = await benchSandbox({ parts: ['node-app'], nodeApp, dir })
    expect(rows.map(({ name, against, measured }) => [name, against, measured.ratio])).toEqual([
      ['node-app cold', 'another', 0.5],
      ['node-app edit1', 'another', 2.5],
    ])
  })
})
