// @ts-check
/**
 * Runs recorded shell lines in the simulated shell, and compares output, status and files with what real programs gave.
 *
 *   pnpm -s check:shell FILE.json… [--case ID] [--floor FILE [--update-floor]]
 *   pnpm -s check:shell --real FOLDER [--case ID]    the RUN lines of real Dockerfiles, against the real shell in a sandbox
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { checkRealLines } from './shell/real-lines.mjs'
import { runLine } from './shell/run-line.mjs'
import { Report, readArguments } from './support/report.mjs'

const { values: options, positionals } = readArguments('check:shell FILE.json… | --real FOLDER', { real: { type: 'boolean' } })
const report = new Report('shell', options)

if (options.real) for (const folder of positionals) await checkRealLines(folder, options)
else await checkRecorded()

async function checkRecorded() {
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
}
