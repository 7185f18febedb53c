// @ts-check
/**
 * The corpus's reason tag for each error code of ours. The tag that a check hands over depends on the error's `code` and on nothing else:
 * where two tags share a code, the code is too coarse and has to be split in its package.
 */

/** @type {ReadonlyMap<string, string>} */
export const REASONS = new Map(Object.entries({}))

/**
 * @param {unknown} error
 * @returns {string} never empty, so that the comparer always compares it
 */
export function reasonOf(error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === undefined) return `untyped error (${error instanceof Error ? error.name : typeof error})`
  return REASONS.get(code) ?? `unmapped code ${code}`
}
