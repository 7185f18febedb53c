import { createMatcher, IgnoreFileError } from '@layerwright/dockerignore'
import { fault } from './errors.js'
import type { IgnoreRules } from './state.js'

/**
 * The ignore file as CopyIgnoredFile reads it: path by path, not by a walk.
 * @throws ResolutionFault `BAD_IGNORE_PATTERN`
 */
export function ignoreRules(patterns: readonly string[] | undefined): IgnoreRules | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined
  const attempt = <T>(action: () => T): T => {
    try {
      return action()
    } catch (error) {
      if (!(error instanceof IgnoreFileError)) throw error
      throw fault('BAD_IGNORE_PATTERN', error.message, `${error.reason}: ${error.hint}`, undefined, error)
    }
  }
  const matcher = attempt(() => createMatcher(patterns))
  return {
    hasExceptions: matcher.patterns.some(({ exclusion }) => exclusion),
    leavesOutRoot: matcher.patterns.some(({ exclusion, text }) => !exclusion && ['*', '**', '**/*'].includes(text)),
    ignores: (path) => attempt(() => matcher.ignores(path)),
  }
}
