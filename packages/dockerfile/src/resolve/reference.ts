/** Image references as docker's distribution/reference reads them: which texts are one, and their full and familiar spelling. */

export interface ImageReference {
  /** With host and path: `docker.io/library/alpine`. */
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const HOST =
  /^(?:\[[0-9a-fA-F:]+\]|(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*)(?::[0-9]+)?$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const IDENTIFIER = /^[a-f0-9]{64}$/
const LONGEST = 255

const DEFAULT_HOST = 'docker.io'

/** Host and the rest: the first part is a host if it looks like one (a dot, a colon, `localhost`, or a capital letter). */
function splitHost(text: string): [host: string, rest: string] {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  let host = DEFAULT_HOST
  let rest = text
  if (slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first)) {
    host = first === 'index.docker.io' ? DEFAULT_HOST : first
    rest = text.slice(slash + 1)
  }
  if (host === DEFAULT_HOST && !rest.includes('/')) rest = `library/${rest}`
  return [host, rest]
}

/** What a digest lacks, for the algorithms that have a fixed length. */
function digestFault(digest: string): string | undefined {
  const [algorithm, hex] = digest.split(':') as [string, string]
  const length = new Map([
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ]).get(algorithm)
  if (length === undefined) return 'unsupported digest algorithm'
  if (hex.length !== length) return 'invalid checksum digest length'
  return /^[a-f0-9]+$/.test(hex) ? undefined : 'invalid checksum digest format'
}

/** The reference that a text names, or what is wrong with it in the reference's words. */
export function parseReference(text: string): ImageReference | string {
  if (IDENTIFIER.test(text)) {
    return `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`
  }
  const [host, rest] = splitHost(text)
  const at = rest.indexOf('@')
  const named = at < 0 ? rest : rest.slice(0, at)
  const digest = at < 0 ? undefined : rest.slice(at + 1)
  const colon = named.indexOf(':')
  const path = colon < 0 ? named : named.slice(0, colon)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  // The reference looks for capitals up to the first colon, so a digest's algorithm may be in the message.
  const lower = rest.split(':')[0]!
  if (lower.toLowerCase() !== lower) return `invalid reference format: repository name (${lower}) must be lowercase`
  const wellFormed =
    HOST.test(host) && PATH.test(path) && (tag === undefined || TAG.test(tag)) && (digest === undefined || DIGEST.test(digest))
  if (!wellFormed) return 'invalid reference format'
  const repository = `${host}/${path}`
  if (path.length > LONGEST) return `repository name must not be more than ${LONGEST} characters`
  const lacking = digest === undefined ? undefined : digestFault(digest)
  return lacking ?? { repository, tag, digest }
}

/** In full, with the tag `latest` where there is neither tag nor digest: what is asked of a registry. */
export function fullReference({ repository, tag, digest }: ImageReference): string {
  const named = tag === undefined && digest === undefined ? `${repository}:latest` : repository + (tag === undefined ? '' : `:${tag}`)
  return digest === undefined ? named : `${named}@${digest}`
}

/** As short as it can be written, without the tag `latest`: how named contexts are compared. */
export function contextName({ repository, tag, digest }: ImageReference): string {
  const short = repository.replace(/^docker\.io\/(?:library\/(?=[^/]*$))?/, '')
  const tagged = tag === undefined || (tag === 'latest' && digest === undefined) ? short : `${short}:${tag}`
  return digest === undefined ? tagged : `${tagged}@${digest}`
}
