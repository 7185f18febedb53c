import { IgnorePatternError } from './errors.js'
import type { CompiledPattern } from './pattern.js'
import { Automaton, type State } from './regexp/automaton.js'
import { compileRegexp, ProgramTooLargeError } from './regexp/program.js'
import { RegexpSyntaxError } from './regexp/syntax.js'

/**
 * A pattern, as far as a directory's path has used it up. What the names in a directory have in common is worked out once for the
 * directory, and a pattern that can match nothing below it is gone (`enter` gives undefined).
 */
export interface Cursor {
  /** Equal cursors of one pattern are the same object, so that directories can share what is derived from them. */
  readonly id: number
  /** Set where the pattern matches this name alone in the directory: many patterns are then one look-up. */
  readonly name: string | undefined
  /** What every path that it matches here ends with; `''` where nothing can be said. */
  readonly tail: string
  /** Whether the pattern can be decided at all in this directory: `a/b` can't at the root. */
  readonly decides: boolean
  /** Comparing may throw, so its turn among the patterns has to be kept. */
  readonly throws: boolean
  /** `name` is the last part of `path`. */
  test(name: string, path: string): boolean
  /** The pattern inside of the directory `name`. */
  enter(name: string): Cursor | undefined
}

let ids = 0

function always(): Cursor {
  const cursor: Cursor = { id: ++ids, name: undefined, tail: '', decides: true, throws: false, test: () => true, enter: () => cursor }
  return cursor
}

function exact(rest: string): Cursor {
  const slash = rest.indexOf('/')
  let inside: Cursor | undefined
  return {
    id: ++ids,
    name: slash < 0 ? rest : undefined,
    tail: rest,
    decides: slash < 0,
    throws: false,
    test: (name) => name === rest,
    enter(name) {
      // prefix-ok: the whole first name, its length is compared
      if (slash < 0 || name.length !== slash || !rest.startsWith(name)) return undefined
      inside ??= exact(rest.slice(slash + 1))
      return inside
    },
  }
}

function prefix(rest: string): Cursor {
  if (rest === '') return always()
  const slash = rest.indexOf('/')
  let inside: Cursor | undefined
  return {
    id: ++ids,
    name: undefined,
    tail: '',
    decides: slash < 0,
    throws: false,
    // prefix-ok: this is what `text**` means
    test: (name) => name.startsWith(rest),
    enter(name) {
      // `a**` goes for everything in `ab` as well, `a/**` only for what is in `a`.
      // prefix-ok: the same, and the whole first name
      const fits = slash < 0 ? name.startsWith(rest) : name.length === slash && rest.startsWith(name)
      if (!fits) return undefined
      inside ??= prefix(slash < 0 ? '' : rest.slice(slash + 1))
      return inside
    },
  }
}

function suffix(text: string): Cursor {
  if (text === '') return always()
  const rooted = text.startsWith('/')
  const slash = text.indexOf('/', rooted ? 1 : 0)
  const bare = text.slice(1)
  const name = rooted && slash < 0 ? bare : undefined
  const cursor: Cursor = {
    id: ++ids,
    name,
    tail: rooted ? bare : text,
    decides: true,
    throws: false,
    test: (last, path) => (name !== undefined ? last === name : path.endsWith(text) || (rooted && path === bare)),
    enter: () => cursor,
  }
  return cursor
}

function regexp(automaton: Automaton, tail: string): Cursor {
  const known = new WeakMap<State, Cursor>()
  const everything = always()
  const at = (state: State): Cursor => {
    if (state.accepted) return everything
    let cursor = known.get(state)
    if (!cursor) {
      cursor = {
        id: ++ids,
        name: undefined,
        tail,
        decides: automaton.canMatchName(state),
        throws: false,
        test: (name, path) => path.endsWith(tail) && automaton.matches(automaton.advance(state, name, false)),
        enter(name) {
          const next = automaton.advance(state, name, true)
          return next.dead ? undefined : at(next)
        },
      }
      known.set(state, cursor)
    }
    return cursor
  }
  return at(automaton.start)
}

/** A pattern that is no expression the engine takes. Like the reference it only fails when a path is compared with it. */
function broken(error: IgnorePatternError): Cursor {
  const cursor: Cursor = {
    id: ++ids,
    name: undefined,
    tail: '',
    decides: true,
    throws: true,
    test() {
      throw error
    },
    enter: () => cursor,
  }
  return cursor
}

function fault(pattern: CompiledPattern, error: unknown): IgnorePatternError {
  const line = typeof pattern.given === 'string' ? undefined : pattern.given.line
  if (error instanceof ProgramTooLargeError) {
    return new IgnorePatternError('the pattern is too large', {
      code: 'IGNORE_PATTERN_TOO_LARGE',
      phase: 'match',
      reason: 'its repetitions need too many states',
      hint: 'use "*" instead of a counted repetition',
      line,
      pattern: pattern.text,
    })
  }
  if (!(error instanceof RegexpSyntaxError)) throw error
  return new IgnorePatternError('syntax error in pattern', {
    code: 'IGNORE_PATTERN_REGEXP',
    phase: 'match',
    reason: error.message,
    hint: 'put a backslash before a character that stands for itself, none before letters and digits',
    line,
    pattern: pattern.text,
  })
}

/** The cursor of a pattern at the root of the context. */
export function cursorOf(pattern: CompiledPattern): Cursor {
  const { form } = pattern
  switch (form.kind) {
    case 'exact':
      return exact(form.text)
    case 'prefix':
      return prefix(form.text)
    case 'suffix':
      return suffix(form.text)
    case 'regexp':
      try {
        return regexp(new Automaton(compileRegexp(form.source)), form.tail)
      } catch (error) {
        return broken(fault(pattern, error))
      }
  }
}
