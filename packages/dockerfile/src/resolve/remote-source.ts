/** Sources of ADD that are no paths: Git repositories and files on the web, by their text. */

export interface GitSource {
  readonly kind: 'git'
  /** From `?keep-git-dir=`. */
  readonly keepGitDir: boolean | undefined
  /** From `?checksum=` or `?commit=`. */
  readonly checksum: string | undefined
  /** A query that is none of Git's. */
  readonly fault: string | undefined
}

export type SourceKind = GitSource | { readonly kind: 'http' } | { readonly kind: 'path' }

const SCP = /^[a-zA-Z0-9-_]+@[a-zA-Z0-9-.]+:(.*?)(?:\?(.*?))?(?:#(.*))?$/

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

function gitSource(query: string): GitSource {
  let keepGitDir: boolean | undefined
  let checksum: string | undefined
  let fault: string | undefined
  for (const [key, value] of new URLSearchParams(query)) {
    if (key === 'keep-git-dir') {
      if (value === '' || TRUE.has(value)) keepGitDir = true
      else if (FALSE.has(value)) keepGitDir = false
      else fault ??= `invalid keep-git-dir value: ${JSON.stringify(value)}`
    } else if (key === 'checksum' || key === 'commit') checksum = value
    else if (!['ref', 'tag', 'branch', 'subdir', 'submodules'].includes(key)) fault ??= `unexpected query ${JSON.stringify(key)}`
  }
  return { kind: 'git', keepGitDir, checksum, fault }
}

/** What a source is, after expansion. An `https:` address is a repository only if its path ends in `.git`. */
export function sourceKind(source: string): SourceKind {
  const url = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^?#]*)(?:\?([^#]*))?(?:#.*)?$/.exec(source)
  if (url) {
    const scheme = url[1]!.toLowerCase()
    if (scheme === 'git' || scheme === 'ssh') return gitSource(url[3] ?? '')
    if (scheme !== 'http' && scheme !== 'https') return { kind: 'path' }
    return url[2]!.endsWith('.git') ? gitSource(url[3] ?? '') : { kind: 'http' }
  }
  const scp = SCP.exec(source)
  return scp ? gitSource(scp[2] ?? '') : { kind: 'path' }
}

/** Whether a source is fetched rather than copied. */
export const isRemote = (source: string): boolean => sourceKind(source).kind !== 'path'

/** What is wrong with a content digest, in the reference's words. */
export function digestFault(digest: string): string | undefined {
  const colon = digest.indexOf(':')
  if (colon <= 0 || colon + 1 === digest.length) return 'invalid checksum digest format'
  const length = new Map([
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ]).get(digest.slice(0, colon))
  if (length === undefined) {
    const wellFormed = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/.test(digest)
    return wellFormed ? 'unsupported digest algorithm' : 'invalid checksum digest format'
  }
  const hex = digest.slice(colon + 1)
  if (hex.length !== length) return 'invalid checksum digest length'
  return /^[a-f0-9]+$/.test(hex) ? undefined : 'invalid checksum digest format'
}
