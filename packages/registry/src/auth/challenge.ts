/** One challenge of a `WWW-Authenticate` header (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const PARAMETER = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z:/-]+))\s*/y

/** The challenges of a header's value, in order. What can't be read ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  let at = 0
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at
    const found = pattern.exec(header)
    if (found) at = pattern.lastIndex
    return found
  }
  while (at < header.length) {
    while (header[at] === ' ' || header[at] === ',' || header[at] === '\t') at++
    const scheme = match(TOKEN)
    if (!scheme) break
    const parameters = new Map<string, string>()
    for (;;) {
      const found = match(PARAMETER)
      if (!found) break
      parameters.set(found[1]!.toLowerCase(), found[2]?.replace(/\\(.)/g, '$1') ?? found[3] ?? '')
      if (header[at] !== ',') break
      at++
    }
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters })
  }
  return challenges
}
