// @ts-check
/**
 * Builds every case of a conformance corpus through the public API and compares the archives with what the reference made, by the
 * comparer that lies with the data.
 *
 *   pnpm -s check:conformance DIR [--executor shell|linux|docker] [--area A] [--case ID] [--floor FILE] [--checks all|LIST] [--actual OUT.jsonl]
 *
 * With the simulated shell, cases that need a Linux kernel are skipped. Everything is built with the defaults; only cases that record
 * times of files (`mtimes`) keep the source's times. The rate of each check is printed, and each case that a documented divergence covers.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildCase, executors } from './support/conformance-build.mjs'
import { messageOf, reasonOf } from './support/reasons.mjs'
import { Report, readArguments } from './support/report.mjs'

/** A case that takes longer hangs. */
const CASE_TIMEOUT_MS = 120_000

const { values: options, positionals } = readArguments(
  'check:conformance DIR [--executor shell|linux|docker] [--context host|memory] [--checks all|LIST]',
  {
    executor: { type: 'string', default: 'shell' },
    context: { type: 'string', default: 'host' },
    checks: { type: 'string' },
  },
)
const corpus = resolve(positionals[0] ?? '')
const { compareCase, describe, readOci, loadBases, ALL_CHECKS, DEFAULT_CHECKS } = await import(
  pathToFileURL(join(corpus, 'tools/compare.mjs')).href
)
const checks = options.checks === undefined ? DEFAULT_CHECKS : options.checks === 'all' ? ALL_CHECKS : options.checks.split(',')
const bases = loadBases(join(corpus, 'images'))

const makeExecutor = executors[options.executor]
if (!makeExecutor) {
  console.error(`this version has no executor ${options.executor}; it has ${Object.keys(executors).join(', ')}`)
  process.exit(2)
}
const executor = await makeExecutor()

/** @param {string} folder @returns {string[]} */
const below = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? below(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort()

const report = new Report('conformance', options)
/** How many cases were built, and how many of them each check found fault with. @type {Map<string, number>} */
const failures = new Map()
let built = 0
const scratch = mkdtempSync(join(tmpdir(), 'layerwright-conformance-'))
// also when the run is interrupted: nothing may stay behind
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
process.once('SIGINT', () => process.exit(130))

for (const file of below(join(corpus, 'cases')).filter((name) => name.endsWith('.json'))) {
  const one = JSON.parse(readFileSync(file, 'utf8'))
  if (!report.wants(one)) continue
  if (one.needs === 'linux' && options.executor?.startsWith('shell')) {
    report.add({ id: one.id, area: one.area, outcome: 'skipped', first: 'needs a Linux kernel, and the executor is the simulated shell' })
    continue
  }
  const folder = join(scratch, one.id)
  mkdirSync(folder)
  const keepTimes = (one.expected.images ?? []).some((/** @type {any} */ image) => image.mtimes)
  const actual = await answer(one, folder, keepTimes)
  const { pass, problems } = compareCase(one, actual, bases, checks)
  const failed = [...new Set(problems.map((/** @type {{ check: string }} */ { check }) => check))]
  for (const check of failed) failures.set(check, (failures.get(check) ?? 0) + 1)
  built++
  const { id, area, title, covers, note, expected, ...input } = one
  report.add({
    id,
    area,
    outcome: pass ? 'passed' : 'failed',
    first: pass ? undefined : `[${problems[0].check}] ${problems[0].message}`,
    input,
    answer: {
      checks: failed,
      ...('reason' in actual ? { reason: actual.reason } : {}),
      ...(failed.includes('layerEntries') && !keepTimes ? { withSourceTimes: await passesWithSourceTimes(one, folder) } : {}),
    },
    actual: { id, ...raw(actual) },
  })
  rmSync(folder, { recursive: true, force: true })
}
for (const check of checks) {
  const passed = built - (failures.get(check) ?? 0)
  console.log(`${check}: ${passed} of ${built} (${((100 * passed) / Math.max(built, 1)).toFixed(1)} %)`)
}
report.finish()

/**
 * Whether a case passes when files keep their times, as they do in the reference.
 * @param {any} one
 * @param {string} folder
 */
async function passesWithSourceTimes(one, folder) {
  const again = join(folder, 'again')
  mkdirSync(again)
  return compareCase(one, await answer(one, again, true), bases, checks).pass
}

/**
 * Builds one case.
 * @param {any} one
 * @param {string} folder for its context and its image
 * @param {boolean} keepTimes
 * @returns {Promise<{ image: string, warnings: unknown[] } | { error: string, reason: string, warnings: unknown[] }>} as `compareCase` takes it
 */
async function answer(one, folder, keepTimes) {
  /** @type {{ rule: string, line: number }[]} */
  const warnings = []
  const deadline = AbortSignal.timeout(CASE_TIMEOUT_MS)
  try {
    const build = buildCase(one, {
      folder,
      images: join(corpus, 'images'),
      executor,
      inMemory: options.context === 'memory',
      keepTimes,
      onWarning: ({ rule, startLine }) => warnings.push({ rule, line: startLine }),
      signal: deadline,
    })
    // a build that does not heed its signal is given up as well
    const late = new Promise((_, reject) => deadline.addEventListener('abort', () => reject(deadline.reason), { once: true }))
    return { image: await Promise.race([build, late]), warnings }
  } catch (error) {
    // a build that ends before it starts has announced none: the error brings what was found until then
    const found = warnings.length > 0 ? warnings : warningsOf(error)
    return { error: messageOf(error), reason: reasonOf(error), warnings: found }
  }
}

/** @param {unknown} error */
function warningsOf(error) {
  const found = error instanceof Error && 'warnings' in error && Array.isArray(error.warnings) ? error.warnings : []
  return found.map(({ rule, startLine }) => ({ rule, line: startLine }))
}

/** @param {Awaited<ReturnType<typeof answer>>} actual what the comparer saw of an answer, as data */
function raw(actual) {
  if (!('image' in actual)) return actual
  const { image, ...rest } = actual
  try {
    return { ...rest, images: readOci(image).map((/** @type {unknown} */ each) => describe(each, bases)) }
  } catch (error) {
    return { ...rest, unreadable: String(error) }
  }
}
