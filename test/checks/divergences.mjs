// @ts-check
/**
 * Where we differ from the reference on purpose, as rules over the input of a case: its Dockerfile, its options, its operations; never its
 * id, and never what is expected of it. A failing case that a rule covers is counted as diverged, which is not a pass.
 * Every rule names a heading of docs/divergences.md, which gives the reason.
 */

/** @typedef {'oracle' | 'conformance' | 'containers'} Kind */

/**
 * @typedef {object} Divergence
 * @property {Kind} kind
 * @property {string} heading in docs/divergences.md
 * @property {(input: any) => boolean} covers
 */

/** @type {readonly Divergence[]} */
export const divergences = []

/**
 * @param {Kind} kind
 * @param {unknown} input
 * @returns {Divergence | undefined}
 */
export const divergenceOf = (kind, input) => divergences.find((rule) => rule.kind === kind && rule.covers(input))
