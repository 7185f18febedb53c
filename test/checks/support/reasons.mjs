// @ts-check
/**
 * The corpora's reason tag for each error of ours. It depends on the error's `code` and on nothing else: where two tags share a code, the
 * code is too coarse and has to be split in its package. A tag is the code in lower case with dashes (`UNKNOWN_FLAG` is `unknown-flag`),
 * unless the corpora call it otherwise.
 */

/** @type {ReadonlyMap<string, string>} */
export const CALLED_OTHERWISE = new Map(
  Object.entries({
    // Dockerfile text
    BAD_FROM: 'too-many-arguments',
    BAD_ONBUILD_TRIGGER: 'onbuild-forbidden',
    BLANK_VOLUME: 'missing-arguments',
    DUPLICATE_FLAG: 'bad-flag-value',
    INVALID_FLAG_VALUE: 'bad-flag-value',
    JSON_NOT_STRINGS: 'bad-json',
    MISSING_EQUALS: 'missing-arguments',
    NO_STAGE: 'no-stages',
    // words
    VARIABLE_EMPTY: 'required-variable',
    VARIABLE_UNSET: 'required-variable',
    // RUN --mount
    BAD_CSV: 'bad-mount',
    BAD_MOUNT_VALUE: 'bad-mount',
    MOUNT_OPTION_CONFLICT: 'bad-mount',
    MOUNT_OPTION_MISPLACED: 'bad-mount',
    MOUNT_OPTION_MISSING: 'bad-mount',
    UNKNOWN_MOUNT_OPTION: 'bad-mount',
    UNKNOWN_MOUNT_TYPE: 'bad-mount',
    // steps
    ENTITLEMENT_DENIED: 'entitlement',
    RUN_UNKNOWN_USER: 'unknown-user',
  }),
)

/**
 * @param {unknown} error
 * @returns {string} never empty, so that a comparer always compares it
 */
export function reasonOf(error) {
  if (!(error instanceof Error)) return `untyped ${typeof error}`
  const code = 'code' in error ? String(error.code) : ''
  // a code of Node (ERR_…) or none at all is an accident, not an answer
  if (code === '' || /^ERR_/.test(code)) return `untyped error ${error.name}`
  return CALLED_OTHERWISE.get(code) ?? code.toLowerCase().replaceAll('_', '-')
}

/** What the error says to its reader, without an excerpt of the Dockerfile that it may carry. @param {unknown} error */
export function messageOf(error) {
  if (!(error instanceof Error)) return String(error)
  const excerpt = 'excerpt' in error && typeof error.excerpt === 'string' ? error.excerpt : ''
  return excerpt === '' ? error.message : error.message.replace(excerpt, '')
}
