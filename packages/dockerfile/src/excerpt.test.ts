import { expect, it } from 'vitest'
import { DockerfileSyntaxError, formatExcerpt, parseDockerfile } from './index.js'

function excerptOf(text: string): string {
  try {
    parseDockerfile(text)
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return formatExcerpt(text, error)
    throw error
  }
  return expect.fail('the text was accepted')
}

it('shows the lines around a fault with carets under it', () => {
  expect(excerptOf('FROM a\nRUN b\nCOPY --frm=x \\\n  a b\nUSER c\nCMD d\n')).toBe(
    ['  1 | FROM a', '  2 | RUN b', '> 3 | COPY --frm=x \\', '    |      ^^^^^', '> 4 |   a b', '  5 | USER c', '  6 | CMD d'].join('\n'),
  )
})

it('keeps tabs in front of the carets, and marks the line where the words are not in it', () => {
  expect(excerptOf('FROM a\n\tCOPY b\n')).toBe(['  1 | FROM a', '> 2 | \tCOPY b', '    | \t^^^^^^'].join('\n'))
})

it('shows control characters as symbols', () => {
  expect(excerptOf('FROM a\nFOO \u001b[2Jx\n')).toContain('FOO \u241b[2Jx')
})

it('is empty for a fault of no line, and short for a long instruction', () => {
  expect(formatExcerpt('FROM a\n', { locations: [] })).toBe('')
  expect(formatExcerpt('x\n'.repeat(100), { locations: [{ startLine: 10, endLine: 90 }] }).split('\n')).toHaveLength(13)
  expect(formatExcerpt('', { locations: [{ startLine: 1, endLine: 1 }] })).toBe('> 1 |\n    | ^')
})

it('shows the stretch of a long line that is at fault', () => {
  const source = `RUN ${'a'.repeat(300)} --bad ${'b'.repeat(300)}\n`
  const [line, carets] = formatExcerpt(source, { locations: [{ startLine: 1, endLine: 1 }], focus: '--bad' }).split('\n')
  expect(line).toMatch(/^> 1 \| …a+ --bad b+…$/)
  expect(line!.indexOf('--bad')).toBe(carets!.indexOf('^'))
  expect(carets).toMatch(/\^{5}$/)
})
