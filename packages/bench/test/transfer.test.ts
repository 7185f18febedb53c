import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchTransfer } from '@layerwright/bench/node'
import { afterAll, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'

const dir = mkdtempSync(join(tmpdir(), 'layerwright-bench-transfer-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const tools = ['docker-registry', 'skopeo', 'pigz'].map(requireTool)

it.skipIf(tools.includes(undefined))('bench transfer measures export, push, pull and their memory, and leaves nothing behind', async () => {
  const { bench, rows } = await benchTransfer({ scale: 0.002, dir, rounds: 1, engines: false })
  expect(bench).toBe('transfer')
  const names = rows.map(({ name }) => name)
  for (const name of ['gzip export, cpu', 'second gzip export, cpu', 'push, gzip at hand', 'pull, ready to use', 'memory of push of 1 GiB'])
    expect(names).toContain(name)
  for (const { measured } of rows) expect(measured.ours.medianMs).toBeGreaterThan(0)
  expect(readdirSync(dir)).toEqual([])
})
