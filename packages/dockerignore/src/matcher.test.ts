import { describe, expect, it } from 'vitest'
import { createMatcher, IgnorePatternError, parseIgnoreFile } from './index.js'

const ignores = (pattern: string | readonly string[], path: string) => createMatcher([pattern].flat()).ignores(path)

/** The paths among `paths` that a single pattern leaves out. */
const matched = (pattern: string, ...paths: string[]) => paths.filter((path) => ignores(pattern, path))

describe('createMatcher', () => {
  it('leaves out what is below a directory', () => expect(matched('src', 'src', 'src/a/b', 'srcs', 'x/src')).toEqual(['src', 'src/a/b']))
  it('lets "**" alone take everything', () => expect(matched('**', 'a', 'a/b', '.x')).toEqual(['a', 'a/b', '.x']))
  it('does not tie "**" to a part of the path', () => {
    expect(matched('**foo', 'foo', 'xfoo', 'a/xfoo', 'foo/a')).toEqual(['foo', 'xfoo', 'a/xfoo', 'foo/a'])
    expect(matched('foo**', 'foo', 'foox', 'foox/y', 'a/foo')).toEqual(['foo', 'foox', 'foox/y'])
    expect(matched('f**/bar', 'f/bar', 'fx/bar', 'fbar', 'f/x/bar')).toEqual(['f/bar', 'fx/bar', 'fbar', 'f/x/bar'])
    expect(matched('b**a', 'ba', 'b/a', 'b/x/a', 'bxa', 'bx/a')).toEqual(['ba', 'b/a', 'b/x/a', 'bx/a'])
  })
  it('takes "x/**" for what is in x, not for x', () => expect(matched('src/**', 'src', 'src/a', 'src/a/b')).toEqual(['src/a', 'src/a/b']))
  it('leaves "|" and braces unescaped in an expression, and plain text plain', () => {
    expect(matched('a|b', 'a', 'b', 'a|b')).toEqual(['a|b'])
    expect(matched('a|b*', 'a', 'ax', 'xb', 'c')).toEqual(['a', 'ax', 'xb'])
    expect(matched('a{2}*', 'aa', 'aax', 'a{2}x')).toEqual(['aa', 'aax'])
    expect(matched('{a,b}*', 'a', 'b', '{a,b}c')).toEqual(['{a,b}c'])
    expect(matched('x{0}*', 'x', 'anything', 'a/b')).toEqual(['x', 'anything', 'a/b'])
  })
  it('escapes dots, pluses, parentheses and dollars', () => {
    expect(matched('*.m+(d)$', 'a.m+(d)$', 'axm+(d)$', 'a.mmd')).toEqual(['a.m+(d)$'])
  })
  it('takes "^" as an anchor and as a complement, "!" in a class as itself', () => {
    expect(matched('^a*', 'a', 'ab', '^a')).toEqual(['a', 'ab'])
    expect(matched('[^a]', 'a', 'b')).toEqual(['b'])
    expect(matched('[!a]', '!', 'a', 'b')).toEqual(['!', 'a'])
  })
  it('reads RE2 behind brackets and backslashes', () => {
    expect(matched('[[:alpha:]]', 'a', 'Z', '1', ':')).toEqual(['a', 'Z'])
    expect(matched('[[:^digit:]]x', '1x', 'ax')).toEqual(['ax'])
    expect(matched('\\pL', 'é', '1', 'pL')).toEqual(['é'])
    expect(matched('\\p{Greek}x', 'αx', 'ax')).toEqual(['αx'])
    expect(matched('\\P{Lu}', 'A', 'a')).toEqual(['a'])
    expect(matched('[\\d_]\\w', '1a', '_-', 'ab')).toEqual(['1a'])
    // The dot has been escaped by then, and a quotation keeps the backslash.
    expect(matched('\\Qa.b\\E', 'a.b', 'axb', 'a\\.b')).toEqual(['a\\.b'])
    expect(matched('a\\x41\\x{42}', 'aAB')).toEqual(['aAB'])
    expect(matched('\\Aa\\z', 'a', 'ba')).toEqual(['a'])
    expect(matched('*a\\b*', 'a-', 'ab')).toEqual(['a-'])
  })
  it('lets a class hold a slash', () => expect(matched('b[/]a', 'b/a', 'ba')).toEqual(['b/a']))
  it('counts characters, not UTF-16 units', () => expect(matched('?', 'é', '🎉', 'ab', '/')).toEqual(['é', '🎉']))
  it('lets the last match decide', () => {
    expect(ignores(['*', '!src', 'src/lib'], 'src/a')).toBe(false)
    expect(ignores(['*', '!src', 'src/lib'], 'src/lib/b')).toBe(true)
    expect(ignores(['!README.md', '*'], 'README.md')).toBe(true)
  })

  it('explains with the deciding line', () => {
    const matcher = createMatcher(parseIgnoreFile('*.log\n\n# back\n!keep.log\n').patterns)
    expect(matcher.explain('a.log')).toEqual({ ignored: true, pattern: '*.log', line: 1, index: 0, matched: 'a.log' })
    expect(matcher.explain('keep.log/x')).toEqual({ ignored: false, pattern: '!keep.log', line: 4, index: 1, matched: 'keep.log' })
    expect(matcher.explain('a')).toEqual({ ignored: false, pattern: undefined, line: undefined, index: undefined, matched: undefined })
  })

  it.each([
    ['a[b', '"[" without "]"'],
    ['[a-]b', 'an empty class or range end'],
    ['[]a]', 'an empty class or range end'],
    ['[--0]', '"-" without a start in a class: put a backslash before it'],
    ['a\\', 'a backslash with nothing behind it'],
    ['*x[\\', 'a backslash at the end of a class'],
  ])('refuses %s with its line and the reason', (pattern, reason) => {
    const make = () => createMatcher(parseIgnoreFile(`ok\n${pattern}`).patterns)
    expect(make).toThrow(IgnorePatternError)
    expect(make).toThrow(
      expect.objectContaining({ message: 'syntax error in pattern', code: 'IGNORE_PATTERN_SYNTAX', phase: 'compile', line: 2, reason }),
    )
  })
  it('refuses a lone "!"', () => {
    expect(() => createMatcher(['! '])).toThrow('illegal exclusion pattern: "!"')
    expect(() => createMatcher(['!/'])).toThrow(expect.objectContaining({ code: 'IGNORE_PATTERN_EMPTY_NEGATION' }))
  })
  it('finds a bad expression only when a path meets it', () => {
    const matcher = createMatcher(['a', '\\ex'])
    expect(matcher.ignores('a')).toBe(true)
    expect(() => matcher.ignores('b')).toThrow(
      expect.objectContaining({ code: 'IGNORE_PATTERN_REGEXP', phase: 'match', message: 'syntax error in pattern' }),
    )
    for (const bad of ['*{2}', '\\pX', 'a|{2}*', 'x{1001}?', '[[:nope:]]', '\\8', '[b-a]', '\\xg1'])
      expect(() => createMatcher([bad]).ignores('b'), bad).toThrow(IgnorePatternError)
  })
})
