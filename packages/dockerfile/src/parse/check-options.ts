import { goQuote } from '../text/go-quote.js'
import { trim } from '../text/space.js'
import { readCommentDirective } from './directives.js'

/** What a `# check=` directive asks of the lint rules. */
export interface CheckOptions {
  /** Rules that are not run. */
  readonly skip: ReadonlySet<string>
  readonly skipAll: boolean
  /** Experimental rules that are run. */
  readonly experimental: ReadonlySet<string>
  readonly experimentalAll: boolean
  /** A finding makes the build fail. */
  readonly error: boolean
}

export const noCheckOptions: CheckOptions = {
  skip: new Set(),
  skipAll: false,
  experimental: new Set(),
  experimentalAll: false,
  error: false,
}

/** Booleans as the reference's language reads them. */
export function parseBool(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined
}

/**
 * Reads `skip=A,B;experimental=C;error=true`.
 * @returns the options, or the reference's message for what is wrong
 */
export function parseCheckOptions(text: string): CheckOptions | { readonly message: string } {
  const trimmed = trim(text)
  if (trimmed === '') return noCheckOptions
  const pieces = trimmed.split(';')
  // Only the first two semicolons separate.
  const parts = pieces.length > 3 ? [pieces[0]!, pieces[1]!, pieces.slice(2).join(';')] : pieces
  let { skip, skipAll, experimental, experimentalAll, error } = noCheckOptions
  for (const part of parts) {
    const equals = part.indexOf('=')
    if (equals < 0) return { message: `invalid check option ${goQuote(part)}` }
    const key = trim(part.slice(0, equals))
    const value = trim(part.slice(equals + 1))
    const rules = () => new Set(value.split(',').map(trim))
    if (key === 'skip') {
      if (value === 'all') skipAll = true
      else skip = rules()
    } else if (key === 'experimental') {
      if (value === 'all') experimentalAll = true
      else experimental = rules()
    } else if (key === 'error') {
      const flag = parseBool(value)
      if (flag === undefined) {
        return { message: `failed to parse check option ${goQuote(part)}: strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax` }
      }
      error = flag
    } else return { message: `invalid check option ${goQuote(key)}` }
  }
  return { skip, skipAll, experimental, experimentalAll, error }
}

/** The options of a `check` value: its first word counts. */
export function parseCheckDirective(value: string): CheckOptions | { readonly message: string } {
  const space = value.indexOf(' ')
  return parseCheckOptions(space < 0 ? value : value.slice(0, space))
}

/** The options for one instruction: those of the file, and of the first `# check=` among the comments above it where it is valid. */
export function checkOptionsFor(options: CheckOptions, comments: readonly string[]): CheckOptions {
  for (const comment of comments) {
    const directive = readCommentDirective(comment)
    if (directive?.name !== 'check') continue
    const own = parseCheckDirective(directive.value)
    if ('message' in own) return options
    return {
      skip: new Set([...options.skip, ...own.skip]),
      skipAll: options.skipAll || own.skipAll,
      experimental: new Set([...options.experimental, ...own.experimental]),
      experimentalAll: options.experimentalAll || own.experimentalAll,
      error: options.error || own.error,
    }
  }
  return options
}

/** Whether a rule is to be run. Skipping does not touch experimental rules, which have to be asked for. */
export function isRuleActive(options: CheckOptions, rule: string, experimental = false): boolean {
  if (experimental) return options.experimentalAll || options.experimental.has(rule)
  return !options.skipAll && !options.skip.has(rule)
}
