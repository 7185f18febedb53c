import type { Cursor } from './cursor.js'
import type { CompiledPattern } from './pattern.js'

/** Neighbours among the patterns that all leave out or all bring back: the first match decides, so their order is of no matter. */
interface Run {
  readonly exclusion: boolean
  readonly names: ReadonlySet<string> | undefined
  readonly tests: readonly Cursor[]
}

/** What the patterns come to in one directory. */
export interface Plan {
  /** By pattern: whether a parent directory matched it. Such a pattern goes for everything below. */
  readonly inherited: Uint8Array
  /** By pattern: how far the path has used it up; undefined if it can match nothing here or below. */
  readonly cursors: readonly (Cursor | undefined)[]
  /** The answer for a name that none of `runs` matches. */
  readonly base: boolean
  /** Patterns behind the last inherited one, which overrules all before it. */
  readonly runs: readonly Run[]
  /** Some pattern might still bring back what is below an ignored directory with this plan. */
  readonly canKeep: boolean
}

export function makePlan(patterns: readonly CompiledPattern[], cursors: readonly (Cursor | undefined)[], inherited: Uint8Array): Plan {
  const last = inherited.lastIndexOf(1)
  const base = last < 0 ? false : !patterns[last]!.exclusion
  const runs: { exclusion: boolean; names: Set<string> | undefined; tests: Cursor[]; closed: boolean }[] = []
  let canKeep = !base
  for (let index = last + 1; index < patterns.length; index++) {
    const cursor = cursors[index]
    if (!cursor) continue
    const { exclusion } = patterns[index]!
    if (exclusion) canKeep = true
    if (!cursor.decides) continue
    let run = runs.at(-1)
    if (!run || run.exclusion !== exclusion || run.closed || cursor.throws) {
      run = { exclusion, names: undefined, tests: [], closed: cursor.throws }
      runs.push(run)
    }
    if (cursor.name === undefined) run.tests.push(cursor)
    else {
      run.names ??= new Set()
      run.names.add(cursor.name)
    }
  }
  return { inherited, cursors, base, runs, canKeep }
}

/** Whether a file of this name is left out. */
export function ignoredByPlan(plan: Plan, name: string, path: string): boolean {
  let ignored = plan.base
  for (const run of plan.runs) {
    if (run.exclusion !== ignored) continue
    let match = run.names?.has(name) ?? false
    for (let i = 0; !match && i < run.tests.length; i++) match = run.tests[i]!.test(name, path)
    if (match) ignored = !ignored
  }
  return ignored
}
