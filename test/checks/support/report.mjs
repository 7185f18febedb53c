// @ts-check
/**
 * What the check commands share: their options, the floor, and the report. A check gives one verdict per case; this counts them,
 * prints what failed and a table per area, and decides the exit code.
 *
 * The last line printed is `{"passed":n,"failed":n,"skipped":n,"diverged":n}`. Without a floor any failure is exit 1; with one, only a
 * failure of a case that the floor lists.
 */
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { divergenceOf } from '../divergences.mjs'

/**
 * @typedef {object} Verdict
 * @property {string} id
 * @property {string} area
 * @property {'passed' | 'failed' | 'skipped'} outcome
 * @property {string | undefined} [first] of a failure: the first difference; of a skipped case: why
 * @property {unknown} [input] what the case gives to the engine, without anything expected of it: divergences are rules over this
 * @property {import('../divergences.mjs').Answer} [answer] what divergences may look at beside it
 * @property {unknown} [actual] the engine's raw answer, a line of `--actual`
 */

/** Options that every check takes. */
const COMMON = /** @type {const} */ ({
  area: { type: 'string' },
  case: { type: 'string' },
  floor: { type: 'string' },
  'update-floor': { type: 'boolean' },
  actual: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
})

/**
 * Reads the command line; prints the usage and ends the process where it is wrong.
 * @template {Record<string, { type: 'string' | 'boolean', default?: string }>} T
 * @param {string} usage without the options that every check has
 * @param {T} own further options
 */
export function readArguments(usage, own) {
  const text = `usage: ${usage} [--area A] [--case ID] [--floor FILE [--update-floor]] [--actual OUT.jsonl]`
  try {
    const parsed = parseArgs({ options: { ...COMMON, ...own }, allowPositionals: true })
    const values = /** @type {Record<string, any>} */ (parsed.values)
    if (values.help) {
      console.log(text)
      process.exit(0)
    }
    if (parsed.positionals.length === 0) throw new Error('nothing to check is named')
    if (values['update-floor'] && !values.floor) throw new Error('--update-floor needs --floor FILE')
    return { values, positionals: parsed.positionals }
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n${text}`)
    process.exit(2)
  }
}

/** @param {string} file @returns {Set<string>} ids that have to pass; none where the file is missing */
const readFloor = (file) => new Set(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [])

export class Report {
  /** @type {Verdict[]} */
  #verdicts = []
  #kind
  #options
  /** @type {number | undefined} */
  #actual

  /**
   * @param {import('../divergences.mjs').Kind} kind
   * @param {Record<string, any>} options as `readArguments` gave them
   */
  constructor(kind, options) {
    this.#kind = kind
    this.#options = options
    if (options.actual) this.#actual = openSync(options.actual, 'w')
  }

  /**
   * Whether the options ask for this case.
   * @param {{ readonly id: string, readonly area: string }} one
   */
  wants({ id, area }) {
    const { area: onlyArea, case: onlyCase } = this.#options
    return (onlyArea === undefined || onlyArea === area) && (onlyCase === undefined || onlyCase === id)
  }

  /** @param {Verdict} verdict */
  add({ actual, ...verdict }) {
    if (this.#actual !== undefined && actual !== undefined) writeSync(this.#actual, `${JSON.stringify(actual)}\n`)
    this.#verdicts.push(verdict)
  }

  /** Prints the report and sets the exit code. */
  finish() {
    if (this.#actual !== undefined) closeSync(this.#actual)
    const rows = this.#verdicts.map((verdict) => {
      const divergence = verdict.outcome === 'failed' ? divergenceOf(this.#kind, verdict.input, verdict.answer) : undefined
      return { ...verdict, outcome: divergence ? /** @type {const} */ ('diverged') : verdict.outcome, heading: divergence?.heading }
    })
    for (const { outcome, id, first, heading } of rows) {
      if (outcome === 'failed') console.log(`FAIL ${id}\n  ${first}`)
      if (outcome === 'diverged') console.log(`DIVERGED ${id} (docs/divergences.md: ${heading})\n  ${first}`)
    }
    for (const [why, count] of countBy(rows.filter(({ outcome }) => outcome === 'skipped').map(({ first }) => first ?? ''))) {
      // a reason may quote a whole script, and what follows in the log matters more
      console.log(`SKIPPED ${count}: ${why.length > 300 ? `${why.slice(0, 150)} … ${why.slice(-150)}` : why}`)
    }
    const areas = [...new Set(rows.map(({ area }) => area))].sort()
    console.table(Object.fromEntries(areas.map((area) => [area, totals(rows.filter((row) => row.area === area))])))
    const clean = this.#floor(rows)
    const total = totals(rows)
    if (rows.length === 0) console.log('No case was found: is the folder right, and --area and --case?')
    console.log(JSON.stringify(total))
    process.exitCode = clean && rows.length > 0 ? 0 : 1
  }

  /**
   * @param {readonly { readonly id: string, readonly outcome: string }[]} rows
   * @returns {boolean} nothing failed that may not
   */
  #floor(rows) {
    const { floor: file, 'update-floor': update } = this.#options
    if (!file) return rows.every(({ outcome }) => outcome !== 'failed')
    const floor = readFloor(file)
    // what this machine can't run is said above; in CI it has to run
    const excused = process.env.CI ? '' : 'skipped'
    const broken = rows.filter(({ id, outcome }) => floor.has(id) && outcome !== 'passed' && outcome !== excused)
    for (const { id, outcome } of broken) console.log(`BELOW THE FLOOR ${id} is ${outcome}`)
    const passed = rows.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id)
    const above = passed.filter((id) => !floor.has(id)).length
    if (update) writeFileSync(file, `${JSON.stringify([...new Set([...floor, ...passed])].sort(), null, 1)}\n`)
    console.log(`floor: ${floor.size} listed, ${above} more passed${update ? ' and were added' : ''}, ${broken.length} failed`)
    return broken.length === 0
  }
}

/** @param {readonly { readonly outcome: string }[]} rows */
function totals(rows) {
  const count = (/** @type {string} */ wanted) => rows.filter(({ outcome }) => outcome === wanted).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), diverged: count('diverged') }
}

/** @param {readonly string[]} values */
function countBy(values) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
