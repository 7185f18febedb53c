// @ts-check
/**
 * Where we differ from the reference on purpose, as rules over the input of a case (its Dockerfile, its options, its operations) and over what we
 * answered; never over its id, and never over what is expected of it. A failing case that a rule covers is counted as diverged, which is not a pass.
 * Every rule names a heading of docs/divergences.md, which gives the reason.
 */

/** @typedef {'oracle' | 'conformance' | 'containers' | 'shell'} Kind */

/**
 * @typedef {object} Divergence
 * @property {Kind} kind
 * @property {string} heading in docs/divergences.md
 * @property {(input: any, answer: Answer) => boolean} covers
 */

/**
 * @typedef {object} Answer
 * @property {readonly string[]} [checks] which of the comparer's checks did not pass
 * @property {string} [reason] the tag of our error
 * @property {boolean} [withSourceTimes] the same build passes these checks with `timestamps: 'source'`
 */

/** @type {readonly Divergence[]} */
export const divergences = [
  { kind: 'oracle', heading: 'Faults name their line', covers: (input) => dockerfile(hasMisplacedFault)(input) },
  {
    kind: 'oracle',
    heading: 'Characters outside ASCII in flags',
    covers: (input) => dockerfile(hasForeignFlag)(input),
  },
  {
    kind: 'conformance',
    heading: 'Words of errors',
    covers: (_, { checks, reason }) => only('errorText', checks) && ['cannot-replace', 'bad-archive'].includes(reason ?? ''),
  },
  {
    kind: 'conformance',
    heading: 'Times are fixed by default',
    covers: (_, { checks, withSourceTimes }) => only('layerEntries', checks) && withSourceTimes === true,
  },
  {
    kind: 'containers',
    heading: 'One builder',
    covers: ({ images = [], steps = [] }) =>
      [...images, ...steps.filter((/** @type {any} */ { op }) => op === 'build')].some(({ builder }) => builder === 'classic'),
  },
]

/**
 * A rule over the Dockerfile of a row, which has a character for each byte where it is not UTF-8. Rows without a Dockerfile have none to cover.
 * @param {(text: string) => boolean} rule
 * @returns {(input: any) => boolean}
 */
const dockerfile = (rule) => (input) => {
  const text = input.dockerfileBase64 === undefined ? input.dockerfile : Buffer.from(input.dockerfileBase64, 'base64').toString('latin1')
  return typeof text === 'string' && rule(text)
}

/**
 * An empty file, a bad or repeated directive in the head, or a line beyond the limit.
 * @param {string} text
 */
function hasMisplacedFault(text) {
  const lines = text.replace(/^\ufeff/, '').split('\n')
  if (text === '' || lines.some((line) => Buffer.byteLength(line) > 65535)) return true
  /** @type {string[]} */
  const names = []
  for (const line of lines) {
    const directive = /^\s*#\s*(escape|syntax|check)\s*=\s*(.+?)\s*$/i.exec(line)
    if (!directive) return false
    const name = directive[1]?.toLowerCase() ?? ''
    if (names.includes(name) || (name === 'escape' && !/^[`\\]$/.test(directive[2] ?? ''))) return true
    names.push(name)
  }
  return false
}

/**
 * A flag, or the type of a HEALTHCHECK, with a character outside ASCII.
 * @param {string} text
 */
const hasForeignFlag = (text) => /(?:^|\s)--\S*[^\0-\x7f]|^\s*(?:onbuild\s+)?healthcheck\s+\S*[^\0-\x7f]/im.test(text)

/** @param {string} check @param {readonly string[] | undefined} checks */
const only = (check, checks = []) => checks.length > 0 && checks.every((name) => name === check)

/**
 * @param {Kind} kind
 * @param {unknown} input
 * @param {Answer} [answer]
 * @returns {Divergence | undefined}
 */
export const divergenceOf = (kind, input, answer = {}) => divergences.find((rule) => rule.kind === kind && rule.covers(input, answer))
