// @ts-check
/**
 * Runs recorded shell lines in the simulated shell, and compares output, status and files with what real programs gave.
 *
 *   pnpm -s check:shell FILE.json… [--case ID] [--floor FILE [--update-floor]]
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { runLine } from './shell/run-line.mjs'
import { Report, readArguments } from './support/report.mjs'

const { values: options, positionals } = readArguments('check:shell FILE.json…', {})
const report = new Report('shell', options)

for (const file of positionals) {
  const { setup, lines } = JSON.parse(readFileSync(file, 'utf8'))
  const area = basename(file, '.json')
  for (const entry of lines) {
    const { id, line } = entry
    if (!report.wants({ id, area })) continue
    const { verdict, detail } = await runLine(entry, setup)
    // a line that the shell says it cannot do is no answer, and no wrong one
    const outcome = verdict === 'refused' ? 'skipped' : verdict
    report.add({ id, area, outcome, first: `${JSON.stringify(line)}: ${detail}`, input: { line } })
  }
}
report.finish()
