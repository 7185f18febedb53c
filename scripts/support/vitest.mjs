// @ts-check
/** The unit tests, and a second look at those that fail. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { runNode } from './run.mjs'

/** More files than this do not fail by chance. */
const FEW = 3

/**
 * @typedef {object} Run
 * @property {boolean} ok
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string[]} files absolute paths of those that failed
 * @property {string} failures what vitest says of failed tests, failed files and errors between tests
 */

/**
 * Runs them all. A few files that fail while twice as many threads as processors are at work run once more, alone, to tell a fault from what only load brings
 * out: what passes then is unsteady, and is named with what it said the first time. In CI it has failed all the same; on a user's machine, which may be at
 * other work, it has passed.
 * @param {string} root
 * @returns {Promise<{ passed: number, failed: number, skipped: number, unsteady: number, failures: string }>}
 */
export async function unitTests(root) {
  const { ok, passed, failed, skipped, files, failures } = await run(root, [])
  const whole = { passed, failed, skipped, unsteady: 0, failures }
  if (ok || files.length === 0 || files.length > FEW || /⎯ (Unhandled|Startup) /.test(failures)) return whole
  console.log(`\n-- once more, alone: ${files.join(' ')}`)
  const second = await run(root, [...files, '--maxWorkers=1'])
  if (!second.ok) return { ...whole, failures: second.failures }
  return process.env.CI ? { ...whole, unsteady: failed } : { ...whole, passed: passed + failed, failed: 0, unsteady: failed }
}

/** @param {string} root @param {readonly string[]} args @returns {Promise<Run>} */
async function run(root, args) {
  const folder = mkdtempSync(join(tmpdir(), 'layerwright-test-'))
  try {
    const report = join(folder, 'vitest.json')
    const all = ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const { code, output } = await runNode(join(root, 'node_modules/vitest/vitest.mjs'), all, { cwd: root, capture: true })
    const plain = stripVTControlCharacters(output)
    const failures = code === 0 ? '' : plain.slice(Math.max(0, plain.search(/⎯ (Failed|Unhandled|Startup) /)))
    if (!existsSync(report)) return { ok: false, passed: 0, failed: 1, skipped: 0, files: [], failures }
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
    return {
      ok: code === 0,
      passed: numPassedTests,
      // a file that cannot be loaded, or an error between tests, fails the run without a failed test
      failed: code === 0 ? 0 : Math.max(1, numFailedTests),
      skipped: numPendingTests + numTodoTests,
      files: testResults
        .filter((/** @type {{ status: string }} */ { status }) => status === 'failed')
        .map((/** @type {{ name: string }} */ { name }) => name),
      failures,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
