/** S41: no pattern may blow up. Each of these takes a backtracking engine past the end of the day, and none may take a visible time here. */
import { createMatcher, createWalkFilter, IgnorePatternError } from '@layerwright/dockerignore'
import { expect, it } from 'vitest'

const long = `${'a'.repeat(4_000)}!`

it.each([
  ['many stars', `${'*a'.repeat(200)}x`],
  ['many double stars', `${'**/a'.repeat(100)}/x`],
  ['stars in classes', `${'[ab]*[ab]*'.repeat(50)}x`],
  ['counted repetition of alternatives', `${'a{1,30}'.repeat(30)}x*`],
  ['question marks', `${'?*'.repeat(200)}x`],
  ['alternation', `${'a|'.repeat(500)}x*y`],
])('%s', (_, pattern) => {
  const matcher = createMatcher([pattern])
  expect(() => matcher.ignores(long)).not.toThrow()
  expect(() => matcher.ignores(`${'a/'.repeat(1_000)}b`)).not.toThrow()
})

it('refuses a pattern that would need too many states', () => {
  const matcher = createMatcher([`${'a{1000}'.repeat(60)}*`])
  expect(() => matcher.ignores('a')).toThrow(expect.objectContaining({ code: 'IGNORE_PATTERN_TOO_LARGE' }))
  expect(() => matcher.ignores('a')).toThrow(IgnorePatternError)
})

it('walks a wide directory under many patterns', () => {
  const patterns = Array.from({ length: 500 }, (_, i) => `**/*${i}*x${i}*.tmp`)
  const filter = createWalkFilter(patterns)
  let kept = 0
  for (let i = 0; i < 2_000; i++) if (filter.visit(`name-${i}.js`, false, filter.root).keep) kept++
  expect(kept).toBe(2_000)
})

it('keeps its memory bounded while texts go on being new', () => {
  const matcher = createMatcher(['*a?a?a?a?b*'])
  let matched = 0
  for (let i = 0; i < 3_000; i++) if (matcher.ignores(`${i.toString(2).replaceAll('0', 'a')}-${i}`)) matched++
  expect(matched).toBe(0)
})
