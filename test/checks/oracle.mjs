// @ts-check
/**
 * Answers recorded rows through the public API and compares the answers with the reference's, by the comparer that lies with the data.
 *
 *   pnpm -s check:oracle FILE.jsonl… [--area A] [--case ID] [--floor FILE [--update-floor]] [--actual OUT.jsonl]
 *
 * A file's kind is told by its name (`words.jsonl`), or else by the fields of its first row. Each kind has a module in `oracle/`.
 */
import { readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Report, readArguments } from './support/report.mjs'

/**
 * @typedef {object} Kind
 * @property {(row: any) => unknown} answer in the form of the row's `result` (of the whole row where it has none)
 * @property {(row: any) => string} [areaOf]
 */

/** @type {Readonly<Record<string, () => Promise<Kind>>>} */
const KINDS = {
  instructions: () => import('./oracle/instructions.mjs'),
  words: () => import('./oracle/words.mjs'),
  dockerignore: () => import('./oracle/dockerignore.mjs'),
  lint: () => import('./oracle/lint.mjs'),
  convert: () => import('./oracle/convert.mjs'),
}

/** What only rows of that kind have. @type {readonly (readonly [string, (row: any) => boolean])[]} */
const SHAPES = [
  ['words', (row) => 'word' in row],
  ['dockerignore', (row) => 'ignorefile' in row || 'ignorefileBase64' in row],
  ['instructions', (row) => 'directives' in (row.result ?? {})],
  ['convert', (row) => 'image' in (row.result ?? {}) || row.result?.ok === false],
  ['lint', (row) => 'warnings' in (row.result ?? {}) || 'setupError' in (row.result ?? {})],
]

/** @param {string} file @param {any} first */
function kindOf(file, first) {
  const named = Object.keys(KINDS).find((kind) => basename(file, '.jsonl') === kind)
  const kind = named ?? SHAPES.find(([, fits]) => first !== undefined && fits(first))?.[0]
  if (kind) return kind
  console.error(`${file}: neither its name nor its rows tell which of ${Object.keys(KINDS).join(', ')} it holds`)
  return process.exit(2)
}

const { values: options, positionals } = readArguments('check:oracle FILE.jsonl…', {})
const report = new Report('oracle', options)

for (const file of positionals.map((name) => resolve(name))) {
  const { compareRow } = await import(pathToFileURL(join(dirname(file), 'compare.mjs')).href)
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  const name = kindOf(file, rows[0])
  const kind = await /** @type {() => Promise<Kind>} */ (KINDS[name])()
  /** An id is the digest of the input text; rows that differ only in options share one. @type {Map<string, number>} */
  const seen = new Map()
  for (const row of rows) {
    const count = (seen.get(row.id) ?? 0) + 1
    seen.set(row.id, count)
    const id = `${name}:${row.id}${count > 1 ? `#${count}` : ''}`
    const area = kind.areaOf?.(row) ?? name
    if (!report.wants({ id, area })) continue
    report.add({ id, area, ...judge(name, row, await answered(kind, row), compareRow) })
  }
}
report.finish()

/**
 * An answer as it reads in a file.
 * @param {Kind} kind
 * @param {any} row
 */
async function answered(kind, row) {
  try {
    return { value: JSON.parse(JSON.stringify(await kind.answer(row))) }
  } catch (error) {
    return { crash: `an untyped error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` }
  }
}

/**
 * @param {string} name
 * @param {any} row
 * @param {{ value?: any, crash?: string }} given
 * @param {(row: any, actual: any) => { pass: boolean, wordingOnly: boolean, differences: [string, unknown, unknown][] }} compareRow
 * @returns {Omit<import('./support/report.mjs').Verdict, 'id' | 'area'>}
 */
function judge(name, row, { value, crash }, compareRow) {
  const { result, alternatives, transferred, error, walkError, ...input } = row
  const about = { kind: name, ...input }
  if (crash !== undefined) return { outcome: 'failed', first: crash, input: about }
  const { pass, wordingOnly, differences } = compareRow(row, value)
  const [path, expected, actual] = differences[0] ?? ['', undefined, undefined]
  const first = `${wordingOnly ? 'only the wording: ' : ''}${path}: expected ${show(expected)}, got ${show(actual)}`
  const answerRow = 'result' in row ? { id: row.id, result: value } : { id: row.id, ...value }
  return { outcome: pass ? 'passed' : 'failed', ...(!pass && { first }), input: about, actual: answerRow }
}

/** @param {unknown} value */
function show(value) {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
