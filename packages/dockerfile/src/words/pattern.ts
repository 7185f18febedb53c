/**
 * The patterns of `${name#pattern}`, `%` and `/`: literals, `?` (one character) and `*` (any run), neither of which crosses a newline.
 *
 * Matching runs all possibilities side by side instead of one after the other, so its time is bounded by the value's length times the
 * pattern's: no pattern can blow up (S41). Among several matches it takes the one that a backtracking engine finds first.
 */

/** A token: a literal character, or one of the two wildcards. */
type Token = { readonly literal: string } | 'one' | 'run'

export interface Pattern {
  readonly tokens: readonly Token[]
  /** The text itself where it has no wildcard. */
  readonly literal: string | undefined
}

/** Why a pattern was refused: the character behind the backslash. */
export interface PatternFault {
  readonly badEscape: string
}

export function isPatternFault(value: Pattern | PatternFault): value is PatternFault {
  return 'badEscape' in value
}

/** Reads a pattern. Only `\*`, `\?`, `\\`, `\}` and `\/` are escapes; the escape is the backslash whatever `# escape` says. */
export function parsePattern(text: string): Pattern | PatternFault {
  const characters = Array.from(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  const tokens: Token[] = []
  let wild = false
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    if (character === '*' || character === '?') {
      wild = true
      // Runs in a row match what one does; matching relies on there being one.
      if (character === '?') tokens.push('one')
      else if (tokens.at(-1) !== 'run') tokens.push('run')
    } else if (character !== '\\') tokens.push({ literal: character })
    else {
      const next = characters[i + 1]
      // Behind a backslash that only protects it from ending `${…}`, the character has its usual meaning, which is itself.
      if (next === '}' || next === '/') continue
      if (next !== '*' && next !== '?' && next !== '\\') return { badEscape: next ?? '\ufffd' }
      tokens.push({ literal: next })
      i++
    }
  }
  return { tokens, literal: wild ? undefined : tokens.map((token) => (token as { literal: string }).literal).join('') }
}

/** The pattern read from its end, so that a suffix can be looked for as a prefix. An escape stays in front of its character. */
export function reversePattern(text: string): string {
  const characters = Array.from(text)
  const out: string[] = []
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    if (character === '\\' && i + 1 < characters.length) {
      out.push(characters[i + 1]!, character)
      i++
    } else out.push(character)
  }
  return out.reverse().join('')
}

/** Counts the work of all matches of one expansion; `spend` throws when there is too much. */
export interface Budget {
  spend(steps: number): void
}

interface Thread {
  readonly token: number
  readonly start: number
}

/**
 * The first match in `value` (its characters) at or behind `from`; only at `from` if `anchored`.
 * `greedy`: runs are as long as possible, else as short as possible.
 */
export function findMatch(
  pattern: Pattern,
  value: readonly string[],
  from: number,
  anchored: boolean,
  greedy: boolean,
  budget: Budget,
): readonly [start: number, end: number] | undefined {
  const { tokens } = pattern
  let threads: Thread[] = []
  let found: readonly [number, number] | undefined
  // Threads are in order of preference; a thread that completes makes all behind it pointless.
  for (let at = from; ; at++) {
    if (!found && (at === from || !anchored)) threads.push({ token: 0, start: at })
    if (threads.length === 0) return found
    const character = value[at]
    const next: Thread[] = []
    const seen = new Set<number>()
    const seenNext = new Set<number>()
    const push = (token: number, start: number): void => {
      if (seenNext.has(token)) return
      seenNext.add(token)
      next.push({ token, start })
    }
    /** Follows one thread as far as it gets without taking the next character. Gives true when it completes. */
    const step = (token: number, start: number): boolean => {
      if (seen.has(token)) return false
      seen.add(token)
      const kind = tokens[token]
      if (kind === undefined) {
        found = [start, at]
        return true
      }
      const ordinary = character !== undefined && character !== '\n'
      if (kind === 'run') {
        // The order of the two is the order of preference: taking one more character, or going on from here.
        if (greedy && ordinary) push(token, start)
        if (step(token + 1, start)) return true
        if (!greedy && ordinary) push(token, start)
      } else if (kind === 'one' ? ordinary : kind.literal === character) push(token + 1, start)
      return false
    }
    budget.spend(threads.length)
    for (const thread of threads) if (step(thread.token, thread.start)) break
    if (character === undefined) return found
    threads = next
  }
}

/** Replaces every match. `replacement` is given the text that matched. An empty match right behind a match is passed over. */
export function replaceAll(pattern: Pattern, value: string, replacement: (matched: string) => string, budget: Budget): string {
  const characters = Array.from(value)
  const out: string[] = []
  let copied = 0
  let at = 0
  while (at <= characters.length) {
    const match = findMatch(pattern, characters, at, false, true, budget)
    if (!match) break
    const [start, end] = match
    out.push(characters.slice(copied, start).join(''))
    if (end > copied || start === 0) out.push(replacement(characters.slice(start, end).join('')))
    copied = end
    at = Math.max(end, at + 1)
  }
  out.push(characters.slice(copied).join(''))
  return out.join('')
}
