import type { Cursor } from './cursor.js'
import type { CompiledPattern } from './pattern.js'

/** Neighbours among the patterns that all leave out or all bring back: the first match decides, so their order is of no matter. */
interface Run {
  readonly exclusion: boolean
  /** Patterns that match one name each. */
  readonly names: ReadonlySet<string> | undefined
  /** Patterns with a known end, by the last UTF-16 unit of what they match: most are out of the question at a glance. */
  readonly tails: ReadonlyMap<number, readonly Cursor[]> | undefined
  readonly tests: readonly Cursor[]
}

/** A run while it is put together. `closed`: a pattern that may throw keeps a run for itself. */
interface OpenRun extends Run {
  names: Set<string> | undefined
  tails: Map<number, Cursor[]> | undefined
  readonly tests: Cursor[]
  readonly closed: boolean
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
  const runs: OpenRun[] = []
  let canKeep = !base
  for (let index = last + 1; index < patterns.length; index++) {
    const cursor = cursors[index]
    if (!cursor) continue
    const { exclusion } = patterns[index]!
    if (exclusion) canKeep = true
    if (!cursor.decides) continue
    let run = runs.at(-1)
    if (!run || run.exclusion !== exclusion || run.closed || cursor.throws) {
      run = { exclusion, names: undefined, tails: undefined, tests: [], closed: cursor.throws }
      runs.push(run)
    }
    if (cursor.name !== undefined) {
      run.names ??= new Set()
      run.names.add(cursor.name)
    } else if (cursor.tail !== '') {
      const last = cursor.tail.charCodeAt(cursor.tail.length - 1)
      run.tails ??= new Map()
      const same = run.tails.get(last)
      if (same) same.push(cursor)
      else run.tails.set(last, [cursor])
    } else run.tests.push(cursor)
  }
  return { inherited, cursors, base, runs, canKeep }
}

const anyMatches = (cursors: readonly Cursor[], name: string, path: string): boolean => {
  for (let i = 0; i < cursors.length; i++) if (cursors[i]!.test(name, path)) return true
  return false
}

/** Whether a file of this name is left out. */
export function ignoredByPlan(plan: Plan, name: string, path: string): boolean {
  let ignored = plan.base
  for (const run of plan.runs) {
    if (run.exclusion !== ignored) continue
    if (run.names?.has(name)) ignored = !ignored
    else {
      const ending = run.tails?.get(name.charCodeAt(name.length - 1))
      if ((ending && anyMatches(ending, name, path)) || anyMatches(run.tests, name, path)) ignored = !ignored
    }
  }
  return ignored
}
