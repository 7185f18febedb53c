// @ts-check
/**
 * Drives every scenario of a container corpus through the public API, step by step, and compares with what a real engine did, by the
 * comparer that lies with the data.
 *
 *   pnpm -s check:containers DIR [--executor shell|linux|docker] [--area A] [--case ID] [--floor FILE] [--actual OUT.jsonl] [--reopen]
 *
 * `--reopen` opens the engine anew before each step, as one process per command would: what only lives in a process is lost then.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { baseImage } from './containers/base.mjs'
import { buildImage } from './containers/build.mjs'
import { operations } from './containers/operations.mjs'
import { tagOf } from './containers/reasons.mjs'
import { World } from './containers/world.mjs'
import { executors } from './support/conformance-build.mjs'
import { Report, readArguments } from './support/report.mjs'

/** Files of a corpus that hold no scenarios. */
const OTHER = ['index.json', 'base-tree.json']
/** A scenario that takes longer hangs. */
const TIMEOUT_MS = 120_000

const { values: options, positionals } = readArguments('check:containers DIR [--executor shell|linux|docker] [--reopen]', {
  executor: { type: 'string', default: 'shell' },
  reopen: { type: 'boolean' },
})
const corpus = resolve(positionals[0] ?? '')
const { compareScenario } = await import(pathToFileURL(join(corpus, 'compare.mjs')).href)
const executor = await executors[options.executor]?.()
if (!executor) {
  console.error(`unknown executor ${options.executor}: ${Object.keys(executors).join(', ')}`)
  process.exit(2)
}
const putBase = baseImage(corpus)
const report = new Report('containers', options)
const scratch = mkdtempSync(join(tmpdir(), 'layerwright-containers-'))
// also when the run is interrupted: nothing may stay behind
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
process.once('SIGINT', () => process.exit(130))

for (const file of readdirSync(corpus)
  .filter((name) => name.endsWith('.json') && !OTHER.includes(name))
  .sort()) {
  for (const scenario of JSON.parse(readFileSync(join(corpus, file), 'utf8'))) {
    if (!report.wants(scenario)) continue
    const { id, area, needs, images, steps } = scenario
    if (needs === 'linux' && options.executor?.startsWith('shell')) {
      report.add({ id, area, outcome: 'skipped', first: 'needs a Linux kernel, and the executor is the simulated shell' })
      continue
    }
    if (process.getuid?.() !== 0 && usesHostFiles(scenario)) {
      report.add({ id, area, outcome: 'skipped', first: 'gives host files the owners that it recorded, which only root can' })
      continue
    }
    const folder = join(scratch, id)
    mkdirSync(folder)
    const { actuals, broken } = await play(scenario, folder)
    const complaints = broken === undefined ? compareScenario(scenario, actuals) : [broken]
    const input = { images, steps: steps.map((/** @type {any} */ { expect, alternatives, ...step }) => step) }
    report.add({ id, area, outcome: complaints.length === 0 ? 'passed' : 'failed', first: complaints[0], input, actual: { id, actuals } })
    rmSync(folder, { recursive: true, force: true })
  }
}
report.finish()

/**
 * Whether a scenario makes or compares files of the host, by their owners too.
 * @param {{ steps: readonly { op: string, expect?: unknown, alternatives?: unknown }[] }} scenario
 */
function usesHostFiles({ steps }) {
  return steps.some(({ expect, alternatives, ...step }) => /^host\./.test(step.op) || JSON.stringify(step).includes('$HOST'))
}

/**
 * @param {any} scenario
 * @param {string} folder empty
 * @returns {Promise<{ actuals: any[], broken: string | undefined }>} `broken`: why its steps could not be tried
 */
async function play(scenario, folder) {
  const world = new World(folder, /** @type {any} */ (executor))
  /** @type {any[]} */
  const actuals = []
  try {
    await world.open()
    await putBase(world.store)
    for (const image of scenario.images ?? []) await buildImage(world, image)
  } catch (error) {
    return { actuals, broken: `its images: ${error instanceof Error ? error.stack : String(error)}` }
  }
  for (const step of scenario.steps) {
    if (options.reopen) world.reopen()
    actuals.push(recorded(await within(attempt(world, placed(step, world.host)), step), world.host))
  }
  return { actuals, broken: undefined }
}

/** @param {World} world @param {any} step */
async function attempt(world, step) {
  const run = operations[step.op]
  if (!run) throw new Error(`the corpus has an operation that is not known here: ${step.op}`)
  try {
    return await run(world, step)
  } catch (error) {
    return { exit: 1, reason: tagOf(error) }
  }
}

/** @param {Promise<any>} work @param {any} step */
async function within(work, step) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ exit: 1, reason: `${step.op} took more than ${TIMEOUT_MS} ms` }), TIMEOUT_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The step with the host folder's real path in place of its name. @param {any} step @param {string} host */
function placed({ expect, alternatives, ...step }, host) {
  return JSON.parse(JSON.stringify(step).replaceAll('$HOST', () => host))
}

/** And back. @param {any} actual @param {string} host */
function recorded(actual, host) {
  return JSON.parse(JSON.stringify(actual).replaceAll(host, () => '$HOST'))
}
