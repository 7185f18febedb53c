import type { LineRange } from '../parse/types.js'
import { suggest } from '../text/suggest.js'
import type { LintReporter } from './reporter.js'
import { rules } from './rules.js'

/** Arguments that steer the scan for an SBOM: they are read by name and never become variables. */
export const scanArguments: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'])

/** UndefinedVar for the names of one word that were looked up and not found. `known`: names of the environment, in its order. */
export function reportUndefined(
  unmatched: ReadonlySet<string>,
  declared: ReadonlySet<string>,
  known: () => readonly string[],
  range: LineRange,
  lint: LintReporter,
): void {
  for (const name of unmatched) {
    if (declared.has(name) || scanArguments.has(name)) continue
    lint.report(rules.undefinedVar, range, name, suggest(name, known(), true) ?? '')
  }
}

/** UndefinedArgInFrom for a base name or a platform. `known`: global arguments, set or not. */
export function reportUndefinedInFrom(
  unmatched: ReadonlySet<string>,
  known: ReadonlySet<string>,
  range: LineRange,
  lint: LintReporter,
): void {
  for (const name of unmatched) {
    if (known.has(name)) continue
    lint.report(rules.undefinedArgInFrom, range, name, suggest(name, known, true) ?? '')
  }
}

const SECRET = /(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i
const HARMLESS = /(?:_|^)(?:public|file|version)(?:_|$)/i

/** Whether a variable's name says that its value is a secret: it has a word for one as a part between underscores, and none that makes it harmless. */
export const isSecretName = (name: string): boolean => SECRET.test(name) && !HARMLESS.test(name)

/** SecretsUsedInArgOrEnv */
export function checkSecretName(instruction: 'ARG' | 'ENV', key: string, range: LineRange, lint: LintReporter): void {
  if (isSecretName(key)) lint.report(rules.secretsUsedInArgOrEnv, range, instruction, key)
}
