// @ts-check
/** Answers rows of `words.jsonl`: the expansion of words. */
import { expandWord, expandWords, WordError } from '@layerwright/dockerfile'

const SPLIT = new Set(['words', 'heredoc-scan', 'heredoc-name'])

/** @param {any} row */
export const areaOf = (row) => `words/${row.profile}`

/** @param {any} row */
export function answer(row) {
  const variables = new Map(Object.entries(row.env))
  const lookup = (/** @type {string} */ name) => variables.get(name)
  const options = { escape: row.escape, profile: row.profile }
  try {
    if (SPLIT.has(row.profile)) return { ok: true, words: expandWords(row.word, lookup, options).words }
    const { result, matched, unmatched } = expandWord(row.word, lookup, options)
    return { ok: true, result, ...names(matched, unmatched) }
  } catch (error) {
    if (!(error instanceof WordError)) throw error
    return { ok: false, error: error.message, ...(!SPLIT.has(row.profile) && names(error.matched, error.unmatched)) }
  }
}

/**
 * @param {ReadonlySet<string>} matched
 * @param {ReadonlySet<string>} unmatched
 */
const names = (matched, unmatched) => ({ matched: [...matched].sort(), unmatched: [...unmatched].sort() })
