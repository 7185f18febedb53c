// @ts-check
/**
 * Which recorded cases `npm test` runs: those that come with the repository, and the larger public collection where it lies beside it.
 * Both with the same floors: a case keeps its id.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * @typedef {object} Corpus
 * @property {string} name
 * @property {string} script relative to the repository
 * @property {string[]} args
 */

/**
 * @param {string} root
 * @returns {Corpus[]}
 */
export function corpora(root) {
  const places = [
    { label: 'test/data', folder: join(root, 'test/data') },
    { label: '../shared', folder: resolve(root, '../shared') },
  ]
  return places
    .filter(({ folder }) => existsSync(folder))
    .flatMap(({ label, folder }) => [
      corpus(root, label, 'oracle', jsonl(join(folder, 'oracle'))),
      corpus(root, label, 'conformance', [join(folder, 'conformance')]),
      corpus(root, label, 'containers', [join(folder, 'containers')]),
    ])
}

/**
 * @param {string} root
 * @param {string} label
 * @param {'oracle' | 'conformance' | 'containers'} kind
 * @param {string[]} inputs
 * @returns {Corpus}
 */
function corpus(root, label, kind, inputs) {
  return {
    name: `${kind} cases of ${label}`,
    script: `test/checks/${kind}.mjs`,
    args: [...inputs, '--floor', join(root, `test/data/floors/${kind}.json`)],
  }
}

/** @param {string} folder */
function jsonl(folder) {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => join(folder, name))
}
