import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { runLine } from './run-line.mjs'

const folder = new URL('../../data/shell/', import.meta.url)

for (const file of ['lines.json', 'own.json']) {
  it(`${file}: lines that real bash and coreutils answered`, async () => {
    const path = new URL(file, folder)
    expect(existsSync(path)).toBe(true)
    const { setup, lines } = JSON.parse(readFileSync(path, 'utf8')) as { setup: string; lines: { line: string }[] }
    const wrong: string[] = []
    let refused = 0
    for (const entry of lines) {
      const { verdict, detail } = await runLine(entry, setup)
      if (verdict === 'refused') refused++
      if (verdict === 'failed') wrong.push(`${entry.line}: ${detail}`)
    }
    expect(wrong).toEqual([])
    expect(refused).toBeLessThanOrEqual(lines.length * 0.03)
  })
}
