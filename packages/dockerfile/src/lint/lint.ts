import type { Dockerfile, ParseOptions } from '../dockerfile-types.js'
import { DockerfileSyntaxError, WordError } from '../errors.js'
import type { LineRange } from '../parse/types.js'
import { checkOptions } from '../resolve/check-options.js'
import { ResolveError } from '../resolve/errors.js'
import { openDockerfile } from '../resolve/open.js'
import { resolveStages } from '../resolve/resolve.js'
import { standIn } from '../resolve/stand-in.js'
import type { ResolveOptions, ResolveWarning } from '../resolve/types.js'
import { checkCopyBeforeInstall } from './own/copy-before-install.js'
import { checkCopyUpDoubling } from './own/copy-up-doubling.js'
import { checkLinkResetsParents } from './own/link-resets-parents.js'
import { LintReporter } from './reporter.js'
import { rules } from './rules.js'

export interface LintOptions extends ParseOptions {
  /** Only what this stage needs; without it every stage is looked at. */
  readonly target?: string
  readonly buildArgs?: ReadonlyMap<string, string>
  readonly contexts?: ReadonlySet<string>
  /** Patterns of the ignore file, for CopyIgnoredFile. */
  readonly ignorePatterns?: readonly string[]
  /**
   * Loads base images, as in `ResolveOptions`. Without it nothing is known of them: rules that need their config (UndefinedVar,
   * InvalidBaseImagePlatform) find nothing.
   */
  readonly base?: ResolveOptions['base']
  /** Run the rules that the reference lacks as well. On by default. */
  readonly ownRules?: boolean
}

/** What keeps the Dockerfile from being built, found on the way. */
export interface LintError {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly locations: readonly LineRange[]
  /** The text at fault as written, where it is less than the instruction. */
  readonly focus?: string
}

export interface LintResult {
  /** In order of line, then rule, then message. */
  readonly warnings: readonly ResolveWarning[]
  readonly error: LintError | undefined
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const inOrder = (warnings: readonly ResolveWarning[]): readonly ResolveWarning[] =>
  [...warnings].sort((a, b) => a.startLine - b.startLine || compare(a.rule, b.rule) || compare(a.message, b.message))

/**
 * Runs all rules over a Dockerfile as a build would read it. Its own faults are part of the answer, not thrown.
 * @throws ResolveError `BAD_CHECK_ARGUMENT` for a bad BUILDKIT_DOCKERFILE_CHECK among the build arguments
 */
export async function lintDockerfile(source: string | Uint8Array, options: LintOptions = {}): Promise<LintResult> {
  const { buildArgs = new Map(), target, contexts, ignorePatterns, limits } = options
  let lint: LintReporter | undefined
  try {
    const dockerfile = openDockerfile(source, { buildArgs, ...(limits ? { limits } : {}) })
    lint = new LintReporter(checkOptions(dockerfile.directives, buildArgs))
    const known = {
      buildArgs,
      base: options.base ?? standIn,
      ...(target ? { target } : {}),
      ...(contexts ? { contexts } : {}),
      ...(ignorePatterns ? { ignorePatterns } : {}),
    }
    if (options.ownRules !== false) runOwnRules(dockerfile, lint)
    await resolveStages(dockerfile, known, lint, !target)
    return result(lint.warnings, undefined, options)
  } catch (error) {
    if (error instanceof ResolveError && error.code === 'BAD_CHECK_ARGUMENT') throw error
    if (error instanceof DockerfileSyntaxError) {
      const warnings = new LintReporter(checkOptions([], undefined))
      for (const warning of error.warnings) warnings.addParsed(warning)
      return result(warnings.warnings, error, options)
    }
    if (error instanceof ResolveError) return result(lint?.warnings ?? error.warnings, error, options)
    throw error
  }
}

function result(
  warnings: readonly ResolveWarning[],
  error: DockerfileSyntaxError | ResolveError | undefined,
  options: LintOptions,
): LintResult {
  const unknowable: readonly string[] = options.base ? [] : [rules.undefinedVar.name, rules.invalidBaseImagePlatform.name]
  const found = inOrder(warnings.filter(({ rule }) => !unknowable.includes(rule)))
  if (!error) return { warnings: found, error: undefined }
  const { code, message, hint, locations } = error
  const focus = error instanceof DockerfileSyntaxError ? error.focus : error.cause instanceof WordError ? error.cause.word : undefined
  return { warnings: found, error: { code, message, hint, locations, ...(focus === undefined ? {} : { focus }) } }
}

function runOwnRules({ stages }: Dockerfile, lint: LintReporter): void {
  for (const stage of stages) {
    checkCopyBeforeInstall(stage, lint)
    checkCopyUpDoubling(stage, lint)
    checkLinkResetsParents(stage, lint)
  }
}
