import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { posixRegExp } from './posix-regexp.js'

const whole = (source: string, text: string) => posixRegExp(source, { syntax: 'extended' })?.exec(text)?.[0]

describe('POSIX regular expressions', () => {
  it('takes the longest of the matches that begin first', () => {
    expect(whole('a|ab|abc', 'xabcd')).toBe('abc')
    expect(whole('x*(xy)?', 'xy')).toBe('xy')
    expect([...(posixRegExp('(a|ab)(c|bcd)(d*)', { syntax: 'extended' })?.exec('abcd') ?? [])][0]).toBe('abcd')
    expect('foobar foo'.replace(posixRegExp('foo|foobar', { syntax: 'extended', global: true })!, 'X')).toBe('X X')
    expect([...'abcab'.matchAll(posixRegExp('a|ab', { syntax: 'extended', global: true })!)].map(String)).toEqual(['ab', 'ab'])
  })

  it('a longest match ends where no longer one does (random alternatives)', () => {
    const piece = fc.stringMatching(/^[ab]{1,3}$/)
    const shape = fc.oneof(
      fc.array(piece, { minLength: 1, maxLength: 4 }).map((all) => all.join('|')),
      fc.tuple(piece, piece, piece).map(([a, b, c]) => `(${a}|${b})*(${c})?`),
    )
    fc.assert(
      fc.property(shape, fc.stringMatching(/^[ab]{0,8}$/), (source, text) => {
        const plain = new RegExp(`^(?:${source})$`)
        const spans: string[] = []
        for (let from = 0; from <= text.length && spans.length === 0; from++)
          for (let to = text.length; to >= from; to--)
            if (plain.test(text.slice(from, to))) {
              spans.push(text.slice(from, to))
              break
            }
        expect(whole(source, text)).toBe(spans[0])
      }),
    )
  })

  it('knows basic syntax, brackets and case as the C locale has them', () => {
    expect(posixRegExp('a\\{2\\}b*', { syntax: 'basic' })?.exec('aab')?.[0]).toBe('aab')
    expect(posixRegExp('[]x-z[:digit:]]*', { syntax: 'basic' })?.exec(']y7a')?.[0]).toBe(']y7')
    expect(posixRegExp('\xe9', { syntax: 'basic', ignoreCase: true })?.test('\xc9')).toBe(false)
    for (const bad of ['(', 'a\\', '[', '[z-a]', 'a{2,1}', '[[:nope:]]']) expect(posixRegExp(bad, { syntax: 'extended' })).toBeUndefined()
  })
})
