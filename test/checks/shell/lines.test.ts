import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { runLine } from './run-line.mjs'

const folder = new URL('../../data/shell/', import.meta.url)

for (const [file, floor] of [
  ['lines.json', 1],
  ['own.json', 0.98],
] as const) {
  it(`${file}: lines that real bash and coreutils answered`, async () => {
    const path = new URL(file, folder)
    expect(existsSync(path)).toBe(true)
    const { setup, lines } = JSON.parse(readFileSync(path, 'utf8')) as { setup: string; lines: { line: string }[] }
    const wrong: string[] = []
    for (const entry of lines) {
      const { verdict, detail } = await runLine(entry, setup)
      if (verdict === 'failed') wrong.push(`${entry.line}: ${detail}`)
    }
    expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(lines.length * (1 - floor))
  })
}
