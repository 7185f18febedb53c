// @ts-check
/**
 * Which recorded cases `npm test` runs: those that come with the repository, and of the complete public collection, where it lies beside
 * the repository, what is not the same. All with the same floors: a case keeps its id.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/**
 * @typedef {object} Corpus
 * @property {string} name
 * @property {string} script relative to the repository
 * @property {string[]} args
 */

/** Kinds of which a check takes files, and which. @type {Readonly<Record<string, RegExp>>} */
const FILES = { oracle: /\.jsonl$/, shell: /\.json$/ }

/**
 * @param {string} root
 * @returns {Corpus[]}
 */
export function corpora(root) {
  const own = join(root, 'test/data')
  const complete = resolve(root, '../shared')
  /** @param {string} kind @param {string} label @param {string[]} inputs @returns {Corpus[]} */
  const corpus = (kind, label, inputs) => {
    const one = {
      name: `${kind} cases of ${label}`,
      script: `test/checks/${kind}.mjs`,
      args: [...inputs, '--floor', join(own, `floors/${kind}.json`)],
    }
    if (!EXECUTED.includes(kind) || !sandboxed()) return [one]
    return [one, { ...one, name: `${one.name}, in a real sandbox`, args: [...one.args, '--executor', 'linux'] }]
  }
  return ['oracle', 'conformance', 'containers', 'shell'].flatMap((kind) => {
    // some checks take files, the others take the folder
    const inputs = (/** @type {string} */ place) =>
      kind in FILES ? filesBelow(join(place, kind)).filter((file) => FILES[kind]?.test(file)) : [join(place, kind)]
    const elsewhere = existsSync(complete) ? inputs(complete).filter((path) => !same(path, path.replace(complete, own))) : []
    const further = elsewhere.length > 0 ? corpus(kind, '../shared', elsewhere) : []
    return [...corpus(kind, 'test/data', inputs(own)), ...further]
  })
}

/** Kinds in which commands run: where a real sandbox can be, they run in both. */
const EXECUTED = ['conformance', 'containers']

/** In CI there has to be one, so that what is missing there fails; elsewhere it takes root and a runtime. */
function sandboxed() {
  if (process.env.CI) return true
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  const runtime = ['runc', 'crun', 'bwrap'].some((name) => folders.some((folder) => existsSync(join(folder, name))))
  return process.platform === 'linux' && process.getuid?.() === 0 && runtime
}

/**
 * Whether two files, or all files below two folders, hold the same.
 * @param {string} one
 * @param {string} other
 */
function same(one, other) {
  const names = filesBelow(one).map((file) => file.slice(one.length))
  const others = filesBelow(other).map((file) => file.slice(other.length))
  return names.join('\0') === others.join('\0') && names.every((name) => readFileSync(one + name).equals(readFileSync(other + name)))
}

/** A file itself, or every file below a folder, sorted. @param {string} path @returns {string[]} */
function filesBelow(path) {
  if (!existsSync(path)) return []
  try {
    return readdirSync(path)
      .sort()
      .flatMap((name) => filesBelow(join(path, name)))
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOTDIR') return [path]
    throw error
  }
}
