import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchRow, formatReport, measurePair, meetsGoal, reportLine } from '@layerwright/bench'
import { benchLanguage, benchVfs, CorpusNotFoundError } from '@layerwright/bench/node'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'layerwright-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('measurePair', () => {
  it('lets both take turns, changes who goes first, and gives medians', async () => {
    let now = 0
    const order: string[] = []
    const work = (name: string, ms: number) => () => {
      order.push(name)
      now += ms
    }
    const measured = await measurePair(work('a', 2), work('b', 8), { rounds: 3, warmUp: 1, clock: () => now })
    expect(measured).toEqual({ ours: { medianMs: 2, bestMs: 2 }, other: { medianMs: 8, bestMs: 8 }, ratio: 0.25 })
    expect(order.join('')).toBe('baabbaab')
  })
})

describe('a report', () => {
  const timing = (ms: number) => ({ medianMs: ms, bestMs: ms })
  const rows: BenchRow[] = [
    { name: 'fast', against: 'slow', measured: { ours: timing(1), other: timing(4), ratio: 0.25 }, goal: 1, detail: '3 things' },
    { name: 'late', against: 'x', measured: { ours: timing(4), other: timing(1), ratio: 4 }, goal: 2 },
  ]
  const report = { bench: 'test', runtime: 'none', rows }

  it('is a table, and says which goal is missed', () => {
    expect(rows.map(meetsGoal)).toEqual([true, false])
    expect(formatReport(report).split('\n').slice(2)).toEqual([
      'what  ours ms  other ms  ratio  goal        against',
      'fast     1.00      4.00   0.25  ≤ 1         slow     3 things',
      'late     4.00      1.00   4.00  ≤ 2 MISSED  x',
    ])
  })

  it('is one line of JSON', () => {
    expect(JSON.parse(reportLine(report))).toEqual({
      version: 1,
      bench: 'test',
      runtime: 'none',
      rows: [
        { name: 'fast', against: 'slow', oursMs: 1, otherMs: 4, ratio: 0.25, goal: 1, met: true, detail: '3 things' },
        { name: 'late', against: 'x', oursMs: 4, otherMs: 1, ratio: 4, goal: 2, met: false },
      ],
    })
  })
})

describe('benchLanguage', () => {
  const small = { rounds: 1, warmUp: 0, files: 500, size: 1000 }

  it('measures real Dockerfiles, the walk and every construct', async () => {
    const rows = [
      { dockerfile: 'FROM a\n', source: { kind: 'github' } },
      { dockerfile: 'FROM\n', source: { kind: 'github' } },
      { dockerfile: 'FROM b\n', source: { kind: 'synthetic' } },
    ]
    writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const report = await benchLanguage({ corpus: ['/nowhere', folder], ...small })
    expect(report.rows[0]).toMatchObject({ name: 'parse and resolve', detail: '2 real Dockerfiles, 12 characters, 1 resolve' })
    expect(report.rows[1]).toMatchObject({ name: 'ignore walk', detail: expect.stringMatching(/^500 files, 41 patterns, \d+ files kept/) })
    expect(report.rows.length).toBeGreaterThan(20)
  })

  it('says where it looked for Dockerfiles', async () => {
    await expect(benchLanguage({ corpus: ['/nowhere', '/nor/here'], ...small })).rejects.toThrow(CorpusNotFoundError)
  })
})

describe('benchVfs', () => {
  it('measures each of its rows, and finds that both sides did the same', async () => {
    const report = await benchVfs({ rounds: 1, warmUp: 0, files: 50, layerBytes: 300_000, entries: 500, memory: false })
    expect(report.rows.map(({ name }) => name)).toEqual([
      'pack a folder',
      'pack a folder and hash each file',
      'index a layer',
      'index a layer in memory',
      'lookups in 120 layers',
      'diff of two trees',
      'fork of a container',
    ])
  })
})
