/** A word that differs more than this from every option is not taken for a misspelling. */
const nearest = 3

/** Edits (insert, delete, replace a character) that turn `a` into `b`, or `limit` if they are at least that many. */
export function editDistance(a: string, b: string, limit: number): number {
  const from = Array.from(a)
  const to = Array.from(b)
  if (Math.abs(from.length - to.length) >= limit) return limit
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return Math.min(row[to.length]!, limit)
}

/** The options, the most like `word` first; those that are equally unlike it as they were. */
export function byLikeness(word: string, options: readonly string[]): string[] {
  const distance = (option: string) => editDistance(word.toLowerCase(), option.toLowerCase(), Number.POSITIVE_INFINITY)
  return [...new Set(options)]
    .map((option) => ({ option, far: distance(option) }))
    .sort((a, b) => a.far - b.far)
    .map(({ option }) => option)
}

/**
 * The option that `word` most likely means, `undefined` if none is within two edits or if `word` is itself an option.
 * Without `caseSensitive` the answer is in the case of `word` where that is all upper or all lower.
 */
export function suggest(word: string, options: Iterable<string>, caseSensitive: boolean): string | undefined {
  const wanted = caseSensitive ? word : word.toLowerCase()
  let best: string | undefined
  let distance = nearest
  for (const original of options) {
    const option = caseSensitive ? original : original.toLowerCase()
    if (option === wanted) return undefined
    const found = editDistance(wanted, option, distance)
    if (found < distance) {
      distance = found
      best = option
    }
  }
  if (best === undefined || caseSensitive) return best
  if (word === word.toLowerCase()) return best
  return word === word.toUpperCase() ? best.toUpperCase() : best
}
