/**
 * `pnpm record:shell LINES.txt OUT.json`: runs each line with the real bash and coreutils of this machine, in a sandbox, in a fresh folder
 * prepared by the same setup as the recordings that came with the project, and writes them in the same schema.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { realShell, whyNot } from './real-shell.mjs'

const [input, output] = process.argv.slice(2)
const reason = !input || !output ? 'usage: record:shell LINES.txt OUT.json' : whyNot()
if (reason) {
  console.error(reason)
  process.exit(2)
}
const reference = JSON.parse(readFileSync(new URL('../../data/shell/lines.json', import.meta.url), 'utf8'))
const listing =
  "find . -mindepth 1 \\( -type d -printf 'd %m %p\\n' -o -type f -printf 'f %m %p %s\\n' -o -type l -printf 'l %p -> %l\\n' \\) | sort"

function record(line) {
  const shell = realShell()
  try {
    shell.run(reference.setup)
    const answer = shell.run(line)
    return { exit: answer.status ?? 128, stdout: answer.stdout, tree: shell.run(listing).stdout }
  } finally {
    shell.dispose()
  }
}

const lines = []
for (const raw of readFileSync(input, 'utf8').split('\n')) {
  if (raw === '' || raw.startsWith('##')) continue
  // `⏎` stands for a newline inside a line.
  const line = raw.replaceAll('⏎', '\n')
  const first = record(line)
  const second = record(line)
  const unstable = first.stdout !== second.stdout || first.tree !== second.tree
  const id = createHash('sha256').update(line).digest('hex').slice(0, 12)
  lines.push({ id, line, ...(unstable ? { unstable: true } : {}), expect: first })
}
writeFileSync(output, `${JSON.stringify({ shell: reference.shell, setup: reference.setup, lines }, null, 1)}\n`)
console.log(`${lines.length} lines, ${lines.filter((entry) => entry.unstable).length} unstable`)
