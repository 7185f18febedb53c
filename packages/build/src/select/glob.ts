/**
 * Go's `filepath.Match`, which is what COPY and ADD sources mean: `*` and `?` never cross a slash and do match a leading dot, `[a-z]` and
 * `[^a-z]` are the only classes, a backslash takes the next character literally, and `**` is two stars. Runs in
 * time proportional to pattern × name: a failed match goes back to the last star only.
 * A pattern with a syntax error matches nothing.
 */
export function goMatch(pattern: string, name: string): boolean {
  const tokens = tokenize(pattern)
  if (!tokens) return false
  const text = [...name]
  let t = 0
  let n = 0
  let starToken = -1
  let starText = -1
  while (n < text.length || t < tokens.length) {
    const token = tokens[t]
    if (token === STAR) {
      starToken = t++
      starText = n
      continue
    }
    if (token !== undefined && n < text.length && token(text[n]!)) {
      t++
      n++
      continue
    }
    // Back to the last star, which takes one character more; it can't take a slash.
    if (starToken < 0 || starText >= text.length || text[starText] === '/') return false
    n = ++starText
    t = starToken + 1
  }
  return true
}

/** Whether a path has a part that Go's glob would not take literally. */
export function hasWildcard(path: string): boolean {
  for (let i = 0; i < path.length; i++) {
    if (path[i] === '\\') i++
    else if (path[i] === '*' || path[i] === '?' || path[i] === '[') return true
  }
  return false
}

/** Whether Go takes it as a pattern: every class closed, nothing missing behind a backslash. */
export const isPattern = (pattern: string): boolean => tokenize(pattern) !== undefined

type Token = typeof STAR | ((char: string) => boolean)
const STAR = Symbol('*')
const cache = new Map<string, Token[]>()

function tokenize(pattern: string): Token[] | undefined {
  const known = cache.get(pattern)
  if (known) return known
  const chars = [...pattern]
  const tokens: Token[] = []
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!
    if (char === '*') {
      if (tokens.at(-1) !== STAR) tokens.push(STAR)
    } else if (char === '?') tokens.push((c) => c !== '/')
    else if (char === '[') {
      const parsed = parseClass(chars, i + 1)
      if (!parsed) return undefined
      tokens.push(parsed.test)
      i = parsed.end
    } else {
      const literal = char === '\\' ? chars[++i] : char
      if (literal === undefined) return undefined
      tokens.push((c) => c === literal)
    }
  }
  if (cache.size > 500) cache.clear()
  cache.set(pattern, tokens)
  return tokens
}

/** A class without its opening bracket; undefined where it is none. */
function parseClass(chars: readonly string[], start: number): { test: (char: string) => boolean; end: number } | undefined {
  let i = start
  const negated = chars[i] === '^'
  if (negated) i++
  const ranges: [low: number, high: number][] = []
  const take = (): number | undefined => {
    let char = chars[i++]
    if (char === '\\') char = chars[i++]
    else if (char === '-' || char === ']') return undefined
    return char?.codePointAt(0)
  }
  while (chars[i] !== ']' || ranges.length === 0) {
    const low = take()
    let high = low
    if (chars[i] === '-') {
      i++
      high = take()
    }
    if (low === undefined || high === undefined || i >= chars.length) return undefined
    ranges.push([low, high])
  }
  const test = (char: string) => {
    const code = char.codePointAt(0)!
    if (char === '/' && negated) return false
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated
  }
  return { test, end: i }
}
