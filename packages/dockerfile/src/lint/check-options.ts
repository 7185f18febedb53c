import { goQuote } from '../text/go-quote.js'
import { trim } from '../text/space.js'

/** What `# check=` (or the build argument BUILDKIT_DOCKERFILE_CHECK) asks for. */
export interface CheckOptions {
  readonly skip: ReadonlySet<string> | 'all'
  readonly experimental: ReadonlySet<string> | 'all'
  /** A warning fails the build. */
  readonly error: boolean
}

export const noCheckOptions: CheckOptions = { skip: new Set(), experimental: new Set(), error: false }

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

/** Reads `skip=A,B;experimental=C;error=true`. A text that is none gives the reference's message. */
export function parseCheckOptions(text: string): CheckOptions | string {
  const value = trim(text)
  if (value === '') return noCheckOptions
  // At most three parts: the third keeps any further semicolon.
  const pieces = value.split(';')
  const parts = pieces.length > 3 ? [...pieces.slice(0, 2), pieces.slice(2).join(';')] : pieces
  const found: { skip: Set<string> | 'all'; experimental: Set<string> | 'all'; error: boolean } = {
    skip: new Set(),
    experimental: new Set(),
    error: false,
  }
  for (const part of parts) {
    const equals = part.indexOf('=')
    if (equals < 0) return `invalid check option ${goQuote(part)}`
    const key = trim(part.slice(0, equals))
    const given = trim(part.slice(equals + 1))
    if (key === 'skip' || key === 'experimental') found[key] = given === 'all' ? 'all' : new Set(given.split(',').map(trim))
    else if (key !== 'error') return `invalid check option ${goQuote(key)}`
    else if (TRUE.has(given) || FALSE.has(given)) found.error = TRUE.has(given)
    else return `failed to parse check option ${goQuote(part)}: strconv.ParseBool: parsing ${goQuote(given)}: invalid syntax`
  }
  return found
}

/** The first `check=` among the comment lines above an instruction; one that can't be read changes nothing. */
export function checkOptionsOf(comments: readonly string[]): CheckOptions | undefined {
  for (const comment of comments) {
    const match = /^([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(comment)
    if (match?.[1]?.toLowerCase() !== 'check') continue
    const options = parseCheckOptions(match[2]!.split(' ')[0]!)
    return typeof options === 'string' ? undefined : options
  }
  return undefined
}
