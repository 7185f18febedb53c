/**
 * Runs one recorded shell line in a fresh overlay and compares exit status, output and tree with what bash and coreutils did.
 * The recordings and their rules are described beside the data (`lines.json`: shell, setup, lines).
 */
import { simulatedShell } from '@layerwright/executor/shell'
import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { accounts, environment } from './real-shell.mjs'

const folder = '/work'

/** Linux stamps files with a clock of 4 ms: what a shell does itself falls into one tick, a program takes about that long. */
class TickClock {
  nanoseconds = BigInt(Date.now()) * 1_000_000n

  tick() {
    this.nanoseconds += 4_000_000n
  }
}

const latin1 = (bytes) => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function prepare(clock) {
  const overlay = createOverlay(emptySnapshot(), { now: () => clock.nanoseconds })
  for (const path of ['/etc', folder, '/root']) overlay.mkdir(path, { recursive: true })
  overlay.mkdir('/tmp', { mode: 0o1777 })
  for (const [name, text] of Object.entries(accounts)) overlay.writeFile(`/etc/${name}`, text)
  return overlay
}

async function run(executor, overlay, line) {
  let stdout = ''
  let stderr = ''
  const onOutput = (stream, bytes) => {
    if (stream === 'stdout') stdout += latin1(bytes)
    else stderr += latin1(bytes)
  }
  const { exitCode } = await executor.run({
    overlay,
    filesystem: overlay,
    lower: { snapshot: overlay.lower, layers: [] },
    argv: ['/bin/bash', '-c', line],
    env: new Map(Object.entries(environment)),
    cwd: folder,
    onOutput,
  })
  return { exit: exitCode, stdout, stderr }
}

/** The tree as the recordings have it: a line an entry, sorted. */
export function listTree(fs) {
  const lines = []
  const visit = (path, shown) => {
    for (const { name } of fs.readdir(path)) {
      const inner = `${path}/${name}`
      const label = `${shown}/${latin1(new TextEncoder().encode(name))}`
      const stat = fs.lstat(inner)
      const mode = stat.mode.toString(8)
      if (stat.type === 'dir') lines.push(`d ${mode} ${label}`)
      else if (stat.type === 'file') lines.push(`f ${mode} ${label} ${stat.size}`)
      else if (stat.type === 'symlink') lines.push(`l ${label} -> ${fs.readlink(inner)}`)
      if (stat.type === 'dir') visit(inner, label)
    }
  }
  visit(folder, '.')
  return lines
    .sort()
    .map((line) => `${line}\n`)
    .join('')
}

const first = (expected, actual) => {
  const [a, b] = [expected.split('\n'), actual.split('\n')]
  const at = a.findIndex((line, index) => line !== b[index])
  const place = at === -1 ? a.length : at
  return `line ${place + 1}: expected ${JSON.stringify(a[place] ?? null)}, got ${JSON.stringify(b[place] ?? null)}`
}

/** Where the answer differs from the recording; undefined where it is right. */
function difference(entry, answer, tree) {
  const { expect } = entry
  if (answer.exit !== expect.exit)
    return `exit: expected ${expect.exit}, got ${answer.exit}${answer.stderr ? ` (${answer.stderr.trim()})` : ''}`
  if (entry.unstable) {
    const lines = (text) => text.split('\n').length
    return lines(answer.stdout) === lines(expect.stdout) ? undefined : `stdout: ${first(expect.stdout, answer.stdout)}`
  }
  if (answer.stdout !== expect.stdout) return `stdout: ${first(expect.stdout, answer.stdout)}`
  return tree === expect.tree ? undefined : `tree: ${first(expect.tree, tree)}`
}

/** @returns {Promise<{verdict: 'passed'|'failed'|'refused', detail?: string}>} */
export async function runLine(entry, setup) {
  const clock = new TickClock()
  const executor = simulatedShell({ everyCommand: true, onProgram: () => clock.tick() })
  const overlay = prepare(clock)
  await run(executor, overlay, setup)
  try {
    const answer = await run(executor, overlay, entry.line)
    const detail = difference(entry, answer, listTree(overlay))
    return detail === undefined ? { verdict: 'passed' } : { verdict: 'failed', detail }
  } catch (error) {
    if (error.code === 'SIMULATION_UNSUPPORTED') return { verdict: 'refused', detail: error.message }
    return { verdict: 'failed', detail: `${error.code ?? ''} ${error.stack ?? error}` }
  }
}
