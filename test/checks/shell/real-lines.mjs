// @ts-check
/**
 * `check:shell --real FOLDER`: every RUN of the real Dockerfiles that the folder's `instructions.jsonl` holds (they belong to their authors and
 * are never copied), in the simulated shell. A line is refused with a reason, or right (status, output and every file as the real
 * shell leaves them in the same root), or wrong. Prints the counts, why lines were refused, and each wrong one.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandNames, simulatedShell, unsupportedNames } from '@layerwright/executor/shell'
import { createOverlay } from '@layerwright/vfs'
import { readHostTree } from '@layerwright/vfs/node'
import { makeRoot, runInRoot, whyNoRoot } from './real-root.mjs'
import { environment } from './real-shell.mjs'

/** @param {string} folder @param {{ case?: string }} options */
export async function checkRealLines(folder, options) {
  const file = join(folder, 'instructions.jsonl')
  const reason = existsSync(file) ? whyNoRoot() : `${file} is not there`
  if (reason) {
    console.log(`SKIPPED: ${reason}`)
    return
  }
  const lines = readLines(readFileSync(file, 'utf8')).filter(({ id }) => options.case === undefined || options.case === id)
  const { root, dispose } = makeRoot(commandNames, unsupportedNames)
  try {
    const snapshot = readHostTree(root, { owner: 'keep' })
    const base = listTree(createOverlay(snapshot))
    /** @type {Map<string, number>} */
    const reasons = new Map()
    const counts = { right: 0, refused: 0, wrong: 0 }
    for (const line of lines) {
      const ours = await simulate(snapshot, line)
      if ('refused' in ours) {
        counts.refused++
        reasons.set(ours.refused, (reasons.get(ours.refused) ?? 0) + 1)
        continue
      }
      const differs = await difference(base, ours, line, root)
      if (differs === undefined) counts.right++
      else {
        counts.wrong++
        console.log(`WRONG ${line.id} ${JSON.stringify(line.argv)}\n  ${differs}`)
      }
    }
    for (const [why, count] of [...reasons].sort(([, a], [, b]) => b - a)) console.log(`REFUSED ${count}: ${why}`)
    console.log(JSON.stringify(counts))
    process.exitCode = counts.wrong === 0 ? 0 : 1
  } finally {
    dispose()
  }
}

/**
 * RUN lines with the environment and the folder that stand before them in their stage, as far as these are literal: what is asked is whether
 * two shells agree, not what the author meant.
 * @param {string} text
 */
function readLines(text) {
  const lines = new Map()
  for (const row of text.split('\n')) {
    if (row === '') continue
    const { source, result } = JSON.parse(row)
    if (source.kind !== 'github' || !result.ok) continue
    for (const stage of result.stages) {
      const env = new Map(Object.entries(environment))
      let cwd = '/'
      let shell = ['/bin/sh', '-c']
      for (const command of stage.commands) {
        if (command.name === 'ENV' || command.name === 'ARG') {
          for (const { key, value } of command.pairs ?? command.args ?? []) {
            const plain = value?.replace(/^(["'])(.*)\1$/s, '$2')
            if (key && plain !== undefined && plain !== null && !/[$\\"']/.test(plain)) env.set(key, plain)
          }
        } else if (command.name === 'WORKDIR' && /^\/[^$]*$/.test(command.path)) cwd = command.path
        else if (command.name === 'SHELL') shell = command.shell
        else if (command.name === 'RUN') {
          const argv = command.form === 'exec' ? command.args : [...shell, withHeredocs(command)]
          const id = createHash('sha256')
            .update(JSON.stringify([argv, [...env], cwd]))
            .digest('hex')
            .slice(0, 12)
          lines.set(id, { id, argv, env: new Map(env), cwd })
        }
      }
    }
  }
  return [...lines.values()]
}

/** @param {{ args: readonly string[], heredocs: readonly { name: string, data: string }[] }} command */
function withHeredocs({ args, heredocs }) {
  const [text = ''] = args
  return heredocs.reduce((all, { name, data }) => `${all}\n${data}${name}\n`, text)
}

/** @param {import('@layerwright/vfs').Snapshot} snapshot @param {{ argv: string[], env: Map<string, string>, cwd: string }} line */
async function simulate(snapshot, { argv, env, cwd }) {
  const overlay = createOverlay(snapshot)
  overlay.mkdir(cwd, { recursive: true })
  let stdout = ''
  try {
    const { exitCode } = await simulatedShell().run({
      overlay,
      filesystem: overlay,
      lower: { snapshot, layers: [] },
      argv,
      env,
      cwd,
      onOutput: (stream, bytes) => {
        if (stream === 'stdout') stdout += Buffer.from(bytes).toString('latin1')
      },
    })
    return { exit: exitCode, stdout, overlay }
  } catch (error) {
    const { code, message } = /** @type {{ code?: string, message: string }} */ (error)
    if (code === undefined) throw error
    return {
      refused: `${code}: ${message.replace(/^the simulated shell cannot run "(\S+?)[\s"][\s\S]*?\(line [0-9]+ of the script\): /, '$1: ')}`,
    }
  }
}

/** @param {import('@layerwright/vfs').Overlay} overlay @returns {Map<string, string>} as the real tree is listed */
function listTree(overlay) {
  const rows = new Map()
  const letters = { dir: 'd', file: 'f', symlink: 'l', fifo: 'p', char: 'c', block: 'b', socket: 's' }
  const visit = (/** @type {string} */ path) => {
    for (const { name } of overlay.readdir(path || '/')) {
      const inner = `${path}/${name}`
      if (inner === '/proc' || inner === '/dev') continue
      const stat = overlay.lstat(inner)
      const size = stat.type === 'file' ? stat.size : ''
      const target = stat.type === 'symlink' ? overlay.readlink(inner) : ''
      const label = Buffer.from(inner.slice(1), 'utf8').toString('latin1')
      rows.set(label, [letters[stat.type], stat.mode.toString(8), `${stat.uid}:${stat.gid}`, size, target].join(' '))
      if (stat.type === 'dir') visit(inner)
    }
  }
  visit('')
  return rows
}

/**
 * What differs from the truth, in one sentence; undefined where nothing does.
 * @param {Map<string, string>} base @param {{ exit: number, stdout: string, overlay: import('@layerwright/vfs').Overlay }} ours
 * @param {{ argv: string[], env: Map<string, string>, cwd: string }} line @param {string} root
 */
async function difference(base, ours, line, root) {
  const truth = runInRoot(root, line)
  const again = runInRoot(root, line)
  const steady = truth.stdout === again.stdout
  if (ours.exit !== truth.exit) return `exit: expected ${truth.exit}, got ${ours.exit} (${truth.stderr.trim().slice(0, 200)})`
  if (steady && ours.stdout !== truth.stdout)
    return `stdout: expected ${JSON.stringify(truth.stdout.slice(0, 300))}, got ${JSON.stringify(ours.stdout.slice(0, 300))}`
  const tree = listTree(ours.overlay)
  for (const path of new Set([...truth.tree.keys(), ...tree.keys(), ...base.keys()])) {
    const [expected, actual] = [truth.tree.get(path), tree.get(path)]
    if (expected !== actual && again.tree.get(path) === expected)
      return `${path}: expected ${expected ?? 'nothing'}, got ${actual ?? 'nothing'}`
  }
  for (const [path, sum] of truth.sums) {
    if (again.sums.get(path) !== sum) continue
    const name = `/${Buffer.from(path, 'latin1').toString('utf8')}`
    const actual = createHash('sha256')
      .update(await ours.overlay.readFile(name))
      .digest('hex')
    if (actual !== sum) return `${path}: other content than the real shell leaves`
  }
  return undefined
}
