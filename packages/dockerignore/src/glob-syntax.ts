/**
 * Whether a pattern is well formed for the reference, which asks Go's `filepath.Match` for its opinion before it compiles the pattern
 * in its own way. So a pattern has to satisfy both grammars, and a `]` or `-` may be at fault here that the other one would take.
 */

/** Where the next chunk ends: at a `*` that is outside of brackets. */
function chunkEnd(pattern: string, start: number): number {
  let bracket = false
  let i = start
  for (; i < pattern.length; i++) {
    const char = pattern[i]
    if (char === '\\') i++
    else if (char === '[') bracket = true
    else if (char === ']') bracket = false
    else if (char === '*' && !bracket) return i
  }
  return Math.min(i, pattern.length)
}

/** Reads one member of a class at `at`; gives the index behind it, or a fault. A member may not be the last character of a chunk. */
function classMember(chunk: string, at: number): number | string {
  const char = chunk[at]
  if (char === undefined) return '"[" without "]"'
  if (char === '-') return '"-" without a start in a class: put a backslash before it'
  if (char === ']') return 'an empty class or range end'
  let next = at
  if (char === '\\') {
    next++
    if (next >= chunk.length) return 'a backslash at the end of a class'
  }
  next += chunk.codePointAt(next)! > 0xffff ? 2 : 1
  return next >= chunk.length ? '"[" without "]"' : next
}

function classEnd(chunk: string, start: number): number | string {
  let at = start
  if (chunk[at] === '^') at++
  for (let members = 0; ; members++) {
    if (members > 0 && chunk[at] === ']') return at + 1
    const low = classMember(chunk, at)
    if (typeof low === 'string') return low
    at = low
    if (chunk[at] !== '-') continue
    const high = classMember(chunk, at + 1)
    if (typeof high === 'string') return high
    at = high
  }
}

function chunkFault(chunk: string): string | undefined {
  let at = 0
  while (at < chunk.length) {
    const char = chunk[at]
    if (char === '[') {
      const end = classEnd(chunk, at + 1)
      if (typeof end === 'string') return end
      at = end
    } else if (char === '\\') {
      if (at + 1 >= chunk.length) return 'a backslash with nothing behind it'
      at += 2
    } else at++
  }
  return undefined
}

/** What is wrong with `pattern`, or undefined. Linear in its length. */
export function globFault(pattern: string): string | undefined {
  let at = 0
  while (at < pattern.length) {
    if (pattern[at] === '*') {
      at++
      continue
    }
    const end = chunkEnd(pattern, at)
    const fault = chunkFault(pattern.slice(at, end))
    if (fault !== undefined) return fault
    at = end
  }
  return undefined
}
