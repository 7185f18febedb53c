// @ts-check
/**
 * Everything that `npm test` checks, in order, each part with its heading and its time. Ends with a table of the parts, what failed (again:
 * who reads a CI log sees its end), and one plain line `N passed, N failed, N skipped`. Parts go on after a failure, so that one run shows
 * all of them.
 */
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { build } from './support/build.mjs'
import { corpora } from './support/corpora.mjs'
import { runNode } from './support/run.mjs'
import { unitTests } from './support/vitest.mjs'

/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {number} [open] cases that fail and are on no floor yet: work to come, not a regression
 * @property {number} [diverged] cases in which we differ on purpose (docs/divergences.md)
 * @property {number} [unsteady] tests that failed beside others, and passed alone
 * @property {string} [failures] what failed and why, as the part printed it
 */

/** How much of a part's failures is printed again, in characters. */
const REPEATED = 6_000

/** @param {boolean} ok @param {string} [failures] @returns {Count} */
const one = (ok, failures = '') => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, failures })

/**
 * @param {string} root
 * @returns {Promise<number>} exit code
 */
export async function test(root) {
  const tool = (/** @type {string} */ path, /** @type {string[]} */ ...args) =>
    runNode(join(root, 'node_modules', path), args, { cwd: root, capture: true }).then(({ code, output }) => one(code === 0, output))

  /** @type {[name: string, work: () => Promise<Count>][]} */
  const parts = [
    ['format and lint (biome)', () => tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')],
    ['types and build (tsc)', async () => one(await build(root, ['test']))],
    ['unused code and dependencies (knip)', () => tool('knip/bin/knip.js')],
    ['tests (vitest)', () => unitTests(root)],
    ...corpora(root).map((corpus) => /** @type {[string, () => Promise<Count>]} */ ([corpus.name, () => check(root, corpus)])),
  ]

  /** @type {(Omit<Required<Count>, 'failures'> & { part: string, seconds: string })[]} */
  const rows = []
  /** @type {string[]} */
  const failed = []
  for (const [name, work] of parts) {
    console.log(`\n== ${name}`)
    const start = performance.now()
    const count = await work()
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`-- ${count.failed === 0 ? 'ok' : 'FAILED'} in ${seconds} s`)
    const { failures = '', ...numbers } = count
    rows.push({ part: name, ...numbers, open: count.open ?? 0, diverged: count.diverged ?? 0, unsteady: count.unsteady ?? 0, seconds })
    if (count.failed > 0 || count.unsteady)
      failed.push(
        `\n== ${count.failed > 0 ? 'failed' : 'unsteady, to be mended'}: ${name}\n${stripVTControlCharacters(failures).trim().slice(0, REPEATED)}`,
      )
  }

  const sum = (/** @type {Exclude<keyof Count, 'failures'>} */ key) => rows.reduce((total, row) => total + row[key], 0)
  console.log('\n== summary')
  console.table(Object.fromEntries(rows.map(({ part, ...row }) => [part, row])))
  for (const text of failed) console.log(text)
  console.log(`Known gaps outside the floors: ${sum('open')} open, ${sum('diverged')} diverged on purpose.`)
  if (sum('unsteady') > 0) console.log(`${sum('unsteady')} failed beside others, and passed alone: see above.`)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
  return sum('failed') === 0 ? 0 : 1
}

/**
 * A check command on a corpus. Its last line is its count; its exit code says whether anything on the floor failed.
 * @param {string} root
 * @param {import('./support/corpora.mjs').Corpus} corpus
 * @returns {Promise<Count>}
 */
async function check(root, { script, args }) {
  const { code, output } = await runNode(join(root, script), args, { cwd: root, capture: true })
  const lines = output.trimEnd().split('\n')
  const last = lines.at(-1) ?? ''
  if (!last.startsWith('{"passed":')) return one(false, lines.slice(-40).join('\n'))
  const { passed, failed, skipped, diverged } = JSON.parse(last)
  const regressed = Number(/^floor: .* (\d+) failed$/m.exec(output)?.[1] ?? failed)
  if (code === 0) return { passed, failed: 0, skipped, open: failed, diverged }
  const failures = lines.filter((line, index) => /^(FAIL|BELOW THE FLOOR) /.test(line) || lines[index - 1]?.startsWith('FAIL ')).join('\n')
  return { passed, failed: Math.max(1, regressed), skipped, open: Math.max(0, failed - regressed), diverged, failures }
}
