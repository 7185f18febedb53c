import type { Cursor } from './cursor.js'
import { cursorOf } from './cursor.js'
import type { IgnorePattern } from './ignore-file.js'
import { limits } from './limits.js'
import { type CompiledPattern, compilePatterns } from './pattern.js'
import { ignoredByPlan, makePlan, type Plan } from './plan.js'
import { compareBytes } from './text.js'

/** What a walk carries from a directory to what is in it. Opaque. */
export interface WalkState {
  /** @internal */
  readonly plan: Plan
}

export interface Visit {
  /** The path reaches the build. A directory that is not kept appears all the same if something below it is. */
  readonly keep: boolean
  /** Directories: whether anything below can be kept. False for files. */
  readonly descend: boolean
  /** Directories: to be given to the visits of what is in it. */
  readonly state: WalkState
}

export interface WalkFilter {
  /** What the entries of the context's root are visited with. */
  readonly root: WalkState
  /**
   * Judges one path of a walk that meets parents before their children (the reference's `MatchesUsingParentResults`, which decides
   * what reaches a build).
   * @param path relative to the context, `/` between its parts
   * @param parent the state that the visit of its directory gave; `root` for the entries of the context itself
   * @throws IgnorePatternError when the path meets a pattern that is no expression
   */
  visit(path: string, isDirectory: boolean, parent: WalkState): Visit
}

/** The text by which the reference judges whether an exception could be below a directory. */
function withoutTrailingGlob(text: string): string {
  const once = text.endsWith('/**') ? text.slice(0, -3) : text
  return once.endsWith('/*') ? once.slice(0, -2) : once
}

/**
 * The reference doesn't enter an ignored directory if no exception is written below it, as long as all exceptions are free of
 * wildcards but for a last `/*` or `/**`. That is visible where such a text is an expression after all (`a{2}/*` matches `aa/x`).
 */
function writtenExceptions(patterns: readonly CompiledPattern[]): readonly string[] | undefined {
  const texts = patterns.filter(({ exclusion }) => exclusion).map(({ text }) => withoutTrailingGlob(text))
  return texts.some((text) => /[*[\]?^\\]/.test(text)) ? undefined : texts.map((text) => `${text}/`)
}

/**
 * Makes the filter for one walk over a context.
 * @throws IgnorePatternError for a pattern that the reference refuses, with its line
 */
export function createWalkFilter(patterns: readonly (IgnorePattern | string)[]): WalkFilter {
  const compiled = compilePatterns(patterns)
  const exceptions = writtenExceptions(compiled)
  const root: WalkState = { plan: makePlan(compiled, compiled.map(cursorOf), new Uint8Array(compiled.length)) }
  const kept: Visit = { keep: true, descend: false, state: root }
  const ignored: Visit = { keep: false, descend: false, state: root }
  const states = new Map<string, WalkState>()

  /** Patterns in order, each asked only if it could change the answer so far: which ones were is what the children inherit. */
  function judgeDirectory(plan: Plan, name: string, path: string): { matched: boolean; inherited: Uint8Array } {
    let matched = false
    let { inherited } = plan
    for (const { index, exclusion } of compiled) {
      let match = plan.inherited[index] === 1
      if (!match) {
        const cursor = plan.cursors[index]
        if (!cursor || exclusion !== matched || !cursor.decides || !cursor.test(name, path)) continue
        match = true
        if (inherited === plan.inherited) inherited = plan.inherited.slice()
        inherited[index] = 1
      }
      matched = !exclusion
    }
    return { matched, inherited }
  }

  /** The state inside a directory. Directories in which the patterns come to the same share it. */
  function enter(parent: WalkState, name: string, inherited: Uint8Array): WalkState {
    const { plan } = parent
    let changed = inherited !== plan.inherited
    const cursors: (Cursor | undefined)[] = new Array(compiled.length)
    for (let index = 0; index < compiled.length; index++) {
      const cursor = plan.cursors[index]
      const inside = inherited[index] === 1 ? undefined : cursor?.enter(name)
      cursors[index] = inside
      if (inside !== cursor) changed = true
    }
    if (!changed) return parent
    const key = `${cursors.map((cursor) => cursor?.id ?? '').join()} ${inherited.join('')}`
    let state = states.get(key)
    if (!state) {
      if (states.size >= limits.cachedPlans) states.clear()
      state = { plan: makePlan(compiled, cursors, inherited) }
      states.set(key, state)
    }
    return state
  }

  function visit(path: string, isDirectory: boolean, parent: WalkState): Visit {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (!isDirectory) return ignoredByPlan(parent.plan, name, path) ? ignored : kept
    const { matched, inherited } = judgeDirectory(parent.plan, name, path)
    if (!matched) return { keep: true, descend: true, state: enter(parent, name, inherited) }
    // prefix-ok: the reference's own test, with a slash at both ends
    if (exceptions && !exceptions.some((text) => text.startsWith(`${path}/`))) return ignored
    const state = enter(parent, name, inherited)
    return { keep: false, descend: state.plan.canKeep, state }
  }

  return { root, visit }
}

export interface WalkEntry {
  readonly path: string
  readonly isDir: boolean
}

/**
 * What a walk over a context with exactly these paths (and their parents) hands to a build: sorted by bytes, with every directory
 * that something kept lies in.
 * @throws IgnorePatternError as `createWalkFilter` and its `visit` do
 */
export function keptPaths(patterns: readonly (IgnorePattern | string)[], entries: Iterable<WalkEntry>): string[] {
  const directories = new Map<string, Map<string, boolean>>([['', new Map()]])
  for (const { path, isDir } of entries) {
    let isDirectory = isDir
    // Upwards until a directory that is known: the parents need not be in the list.
    for (let at = path; ; isDirectory = true) {
      if (isDirectory && !directories.has(at)) directories.set(at, new Map())
      const parent = at.slice(0, Math.max(0, at.lastIndexOf('/')))
      const known = directories.get(parent)
      const siblings = known ?? new Map<string, boolean>()
      if (!known) directories.set(parent, siblings)
      siblings.set(at, isDirectory || (siblings.get(at) ?? false))
      if (known) break
      at = parent
    }
  }

  const filter = createWalkFilter(patterns)
  const kept = new Set<string>()
  const pending: { directory: string; state: WalkState }[] = [{ directory: '', state: filter.root }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    for (const [path, isDirectory] of directories.get(next.directory)!) {
      const { keep, descend, state } = filter.visit(path, isDirectory, next.state)
      if (keep) for (let at = path; at !== '' && !kept.has(at); at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) kept.add(at)
      if (descend) pending.push({ directory: path, state })
    }
  }
  return [...kept].sort(compareBytes)
}
