/** `pnpm -s check:shell FILE…`: recorded shell lines against the simulated shell. Exit 1 if a line is wrong. */
import { readFileSync } from 'node:fs'
import { runLine } from './shell/run-line.mjs'

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('usage: check:shell FILE…')
  process.exit(2)
}
const totals = { passed: 0, failed: 0, skipped: 0, refused: 0 }
for (const file of files) {
  const data = JSON.parse(readFileSync(file, 'utf8'))
  for (const entry of data.lines) {
    const { verdict, detail } = await runLine(entry, data.setup)
    totals[verdict]++
    if (verdict !== 'passed') console.log(`${verdict} ${entry.id} ${JSON.stringify(entry.line)}\n  ${detail}`)
  }
}
console.log(JSON.stringify(totals))
process.exitCode = totals.failed > 0 ? 1 : 0
