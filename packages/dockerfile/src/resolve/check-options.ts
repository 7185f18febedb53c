import { type CheckOptions, noCheckOptions, parseCheckDirective, parseCheckOptions } from '../parse/check-options.js'
import type { Directive } from '../parse/types.js'
import { ResolveError, type ResolveErrorCode } from './errors.js'

/**
 * The options of `# check=`, or of the build argument BUILDKIT_DOCKERFILE_CHECK that takes its place.
 * @throws ResolveError `BAD_CHECK_ARGUMENT` or `BAD_CHECK_DIRECTIVE`
 */
export function checkOptions(directives: readonly Directive[], buildArgs: ReadonlyMap<string, string> | undefined): CheckOptions {
  const given = buildArgs?.get('BUILDKIT_DOCKERFILE_CHECK')
  const directive = directives.find(({ name }) => name === 'check')
  if (given === undefined && !directive) return noCheckOptions
  const options = given === undefined ? parseCheckDirective(directive!.value) : parseCheckOptions(given)
  if (!('message' in options)) return options
  const bad = (code: ResolveErrorCode, where: string) =>
    new ResolveError(
      { code, message: `${where}: ${options.message}`, hint: 'the options are skip, experimental and error, parted by semicolons' },
      [],
      [],
    )
  if (given === undefined) throw bad('BAD_CHECK_DIRECTIVE', 'failed to parse check options')
  throw bad('BAD_CHECK_ARGUMENT', 'failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK')
}
