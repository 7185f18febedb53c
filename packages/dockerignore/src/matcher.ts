import { type Cursor, cursorOf } from './cursor.js'
import type { IgnorePattern } from './ignore-file.js'
import { type CompiledPattern, compilePatterns } from './pattern.js'

/** Why a path is left out or kept. */
export interface Explanation {
  readonly ignored: boolean
  /** The pattern that decided, as given; undefined if none matched: such a path is kept. */
  readonly pattern: string | undefined
  /** Its line in the ignore file, where the patterns came from one. */
  readonly line: number | undefined
  /** Its place among the patterns that count. */
  readonly index: number | undefined
  /** The path that it matched: this one or one of its parents. */
  readonly matched: string | undefined
}

export interface IgnoreMatcher {
  /** The patterns that count, in order. */
  readonly patterns: readonly CompiledPattern[]
  /**
   * Whether a path is left out, judged by itself and its parents alone (the reference's `MatchesOrParentMatches`, which decides for
   * the lint of COPY). What a walk sends to a build can differ: see `createWalkFilter`.
   * @param path relative to the context, `/` between its parts, clean
   * @throws IgnorePatternError when the path meets a pattern that is no expression
   */
  ignores(path: string): boolean
  /** The same question, answered with the deciding line. */
  explain(path: string): Explanation
}

/** The first of the path's parents, or the path itself, that the pattern matches. One pass over the path. */
function matchedPart(start: Cursor, path: string): string | undefined {
  let cursor: Cursor | undefined = start
  for (let from = 0; cursor; ) {
    const slash = path.indexOf('/', from)
    const end = slash < 0 ? path.length : slash
    const part = slash < 0 ? path : path.slice(0, slash)
    const name = path.slice(from, end)
    if (cursor.decides && cursor.test(name, part)) return part
    if (slash < 0) return undefined
    cursor = cursor.enter(name)
    from = slash + 1
  }
  return undefined
}

const NOTHING: Explanation = { ignored: false, pattern: undefined, line: undefined, index: undefined, matched: undefined }

/**
 * Makes a matcher from the patterns of an ignore file, or from plain strings. Any order of any number of patterns costs time linear
 * in the length of the path.
 * @throws IgnorePatternError for a pattern that the reference refuses, with its line
 */
export function createMatcher(patterns: readonly (IgnorePattern | string)[]): IgnoreMatcher {
  const compiled = compilePatterns(patterns)
  // Expressions are compiled when a path first needs them, as in the reference.
  const cursors: (Cursor | undefined)[] = new Array(compiled.length)
  const explain = (path: string): Explanation => {
    let decision = NOTHING
    for (const pattern of compiled) {
      // A pattern is only asked if it could change the answer.
      if (pattern.exclusion !== decision.ignored) continue
      cursors[pattern.index] ??= cursorOf(pattern)
      const matched = matchedPart(cursors[pattern.index]!, path)
      if (matched === undefined) continue
      const { given } = pattern
      decision = {
        ignored: !pattern.exclusion,
        pattern: typeof given === 'string' ? given : given.text,
        line: typeof given === 'string' ? undefined : given.line,
        index: pattern.index,
        matched,
      }
    }
    return decision
  }
  return { patterns: compiled, ignores: (path) => explain(path).ignored, explain }
}
