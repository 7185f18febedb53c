/**
 * `pnpm record:shell LINES.txt OUT.json`: runs each line with the real bash and coreutils of this machine, in a sandbox, in a fresh folder
 * prepared by the same setup as the recordings that came with the project, and writes them in the same schema.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { recordAll, whyNot } from './real-shell.mjs'

const [input, output] = process.argv.slice(2)
const reason = !input || !output ? 'usage: record:shell LINES.txt OUT.json' : whyNot()
if (reason) {
  console.error(reason)
  process.exit(2)
}
const reference = JSON.parse(readFileSync(new URL('../../data/shell/lines.json', import.meta.url), 'utf8'))
// `⏎` stands for a newline inside a line.
const lines = readFileSync(input, 'utf8')
  .split('\n')
  .filter((raw) => raw !== '' && !raw.startsWith('##')) // prefix-ok: the sign of a comment
  .map((raw) => raw.replaceAll('⏎', '\n'))
// twice, to see what varies
const [first, second] = [recordAll(reference.setup, lines), recordAll(reference.setup, lines)]
const entries = lines.map((line, at) => {
  const { stderr: _, ...expect } = first[at]
  const unstable = expect.stdout !== second[at].stdout || expect.tree !== second[at].tree
  const id = createHash('sha256').update(line).digest('hex').slice(0, 12)
  return { id, line, ...(unstable ? { unstable: true } : {}), expect }
})
writeFileSync(output, `${JSON.stringify({ shell: reference.shell, setup: reference.setup, lines: entries }, null, 1)}\n`)
console.log(`${entries.length} lines, ${entries.filter((entry) => entry.unstable).length} unstable`)
