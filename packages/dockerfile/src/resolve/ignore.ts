import { createMatcher, IgnoreFileError, type IgnoreMatcher } from '@layerwright/dockerignore'
import { fault } from './errors.js'
import type { IgnoreRules } from './state.js'

/**
 * The ignore file as CopyIgnoredFile reads it: path by path, not by a walk.
 * @throws ResolutionFault `BAD_IGNORE_PATTERN`
 */
export function ignoreRules(patterns: readonly string[] | undefined): IgnoreRules | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined
  let matcher: IgnoreMatcher
  try {
    matcher = createMatcher(patterns)
  } catch (error) {
    if (!(error instanceof IgnoreFileError)) throw error
    throw fault('BAD_IGNORE_PATTERN', error.message, `${error.reason}: ${error.hint}`, undefined, error)
  }
  return {
    hasExceptions: matcher.patterns.some(({ exclusion }) => exclusion),
    leavesOutRoot: matcher.patterns.some(({ exclusion, text }) => !exclusion && ['*', '**', '**/*'].includes(text)),
    ignores(path) {
      try {
        return matcher.ignores(path)
      } catch (error) {
        // A pattern that is no expression is found by whoever walks the context; a lint rule that can't tell says nothing.
        if (error instanceof IgnoreFileError) return false
        throw error
      }
    },
  }
}
