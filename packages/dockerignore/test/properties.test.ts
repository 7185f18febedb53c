import { createMatcher, createWalkFilter, IgnoreFileError, keptPaths, parseIgnoreFile } from '@layerwright/dockerignore'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fuzz } from '../../../test/support/fuzz.js'
import { mutated, recordedTexts } from '../../../test/support/mutated.js'

/** The rules of `*`, `?` and `**` written down naively, by trying out every split. Names and patterns hold only letters and slashes else. */
function globs(pattern: string, path: string): boolean {
  // A last `**` behind nothing but plain text is a prefix, a first one a suffix: taken from the text, not from the split.
  if (/^[^*?]*\*\*$/.test(pattern) && pattern !== '**') return path.startsWith(pattern.slice(0, -2))
  if (/^\*\*[^*?]*$/.test(pattern)) {
    const end = pattern.slice(2)
    return path.endsWith(end) || (end.startsWith('/') && path === end.slice(1))
  }
  const match = (p: number, s: number): boolean => {
    if (p === pattern.length) return s === path.length
    if (pattern[p] === '*' && pattern[p + 1] === '*') {
      const next = pattern[p + 2] === '/' ? p + 3 : p + 2
      if (next >= pattern.length) return true
      for (let end = s; end <= path.length; end++) if ((end === s || path[end - 1] === '/') && match(next, end)) return true
      return false
    }
    if (pattern[p] === '*') {
      for (let end = s; end <= path.length; end++) {
        if (match(p + 1, end)) return true
        if (path[end] === '/') return false
      }
      return false
    }
    if (s >= path.length) return false
    return (pattern[p] === '?' ? path[s] !== '/' : pattern[p] === path[s]) && match(p + 1, s + 1)
  }
  return match(0, 0)
}

const part = fc.stringMatching(/^[ab]{1,3}$/)
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const patternPart = fc.oneof(part, fc.constantFrom('*', '**', '?', 'a*', '*b', '**a', 'b**', '?a'))
const pattern = fc.array(patternPart, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))

/** What the reference's matcher says by definition: each pattern against the path and all its parents, the last one that counts decides. */
function naive(patterns: readonly string[], file: string): boolean {
  const parts = file.split('/')
  const all = parts.map((_, i) => parts.slice(0, i + 1).join('/'))
  let ignored = false
  for (const written of patterns) {
    const exclusion = written.startsWith('!')
    const text = exclusion ? written.slice(1) : written
    if (exclusion === ignored && all.some((each) => globs(text, each))) ignored = !exclusion
  }
  return ignored
}

const signed = fc.tuple(fc.boolean(), pattern).map(([exclusion, text]) => (exclusion ? `!${text}` : text))

fuzz(
  'agrees with a naive reading of the rules',
  fc.property(fc.array(signed, { maxLength: 5 }), path, (patterns, file) => {
    expect(createMatcher(patterns).ignores(file)).toBe(naive(patterns, file))
  }),
)

// Wildcards in front make the reference enter every directory, so that only our own pruning is at work.
fuzz(
  'prunes only what can hold nothing that is kept',
  fc.property(fc.array(signed, { maxLength: 5 }), fc.array(path, { maxLength: 12 }), (patterns, paths) => {
    const filter = createWalkFilter(['!*nothing*', ...patterns])
    const everything = [...new Set(paths.flatMap((file) => file.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'))))].sort()
    const isDirectory = (file: string) => everything.some((other) => other.startsWith(`${file}/`))
    const visits = new Map<string, ReturnType<typeof filter.visit>>()
    for (const file of everything) {
      const parent = file.includes('/') ? visits.get(file.slice(0, file.lastIndexOf('/'))) : undefined
      visits.set(file, filter.visit(file, isDirectory(file), parent ? parent.state : filter.root))
    }
    for (const [file, visit] of visits) {
      if (visit.descend || !isDirectory(file)) continue
      for (const other of everything) if (other.startsWith(`${file}/`)) expect([other, visits.get(other)!.keep]).toEqual([other, false])
    }
  }),
  { share: 0.3 },
)

const signs = fc.constantFrom(
  ...['[', ']', '\\', '^', '-', '*', '**', '?', '{2}', '{', '}', '|', '/', '!', 'a', '\\Q', '\\pL', '[:alpha:]', '\n'],
)
const hostile = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(signs, { maxLength: 20 }).map((parts) => parts.join('')),
  mutated(recordedTexts('dockerignore', 'ignorefile'), signs),
)
fuzz(
  'throws nothing but its own errors, whatever the text',
  fc.property(hostile, fc.oneof(path, fc.string()), (text, file) => {
    try {
      const { patterns } = parseIgnoreFile(text)
      createMatcher(patterns).explain(file)
      keptPaths(patterns, [{ path: file.replaceAll(/^\/+|\/+$/g, '') || 'a', isDir: false }])
    } catch (error) {
      expect(error).toBeInstanceOf(IgnoreFileError)
    }
  }),
)
