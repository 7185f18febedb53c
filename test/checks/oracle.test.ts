/** Every recorded row that is committed is answered as recorded, or by a rule that says why not. Each kind has its module in `oracle/`. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { root } from '../support/repository.js'
import { divergenceOf } from './divergences.mjs'

const data = join(root, 'test/data/oracle')
const module = (kind: string) => join(import.meta.dirname, `oracle/${kind}.mjs`)
const kinds = ['instructions', 'words', 'dockerignore', 'lint', 'convert'].filter((kind) => existsSync(module(kind)))
const { compareRow } = await import(pathToFileURL(join(data, 'compare.mjs')).href)

describe.each(kinds)('%s', (kind) => {
  it('answers as recorded', async () => {
    const { answer } = await import(pathToFileURL(module(kind)).href)
    const rows = readFileSync(join(data, `${kind}.jsonl`), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
    const faults: string[] = []
    for (const row of rows) {
      const { pass, differences } = compareRow(row, JSON.parse(JSON.stringify(await answer(row))))
      if (!pass && !divergenceOf('oracle', row)) faults.push(`${row.id} ${JSON.stringify(differences[0])?.slice(0, 300)}`)
    }
    expect(rows.length).toBeGreaterThan(0)
    expect(faults).toEqual([])
  })
})
