// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are words of Dockerfiles
/** One test per trap of the reference's word expansion that the recorded answers pin. */
import { describe, expect, it } from 'vitest'
import { expandWord, expandWords, WordError, type WordOptions } from '../index.js'

const values = new Map([
  ['x', 'value'],
  ['empty', ''],
  ['path', '/a/b/c.tar.gz'],
  ['dollar', '$x'],
  ['lines', 'l1\nl2'],
])
const lookup = (name: string) => values.get(name)
const word = (text: string, options?: WordOptions) => expandWord(text, lookup, options).result
const words = (text: string, options?: WordOptions) => expandWords(text, lookup, options).words

function faultOf(text: string): WordError {
  try {
    word(text)
  } catch (error) {
    if (error instanceof WordError) return error
    throw error
  }
  return expect.fail('the word was accepted')
}

it('loses the text in front of a nested substitution in split mode only', () => {
  expect(words('80${X:-81}')).toEqual(['81'])
  expect(word('80${X:-81}')).toBe('8081')
  expect(words('a"b${X:-c}"d')).toEqual(['bcd'])
})

it('reports U+FFFD for a modifier that the end of the text stands for', () => {
  expect(faultOf('${x')).toMatchObject({
    code: 'UNSUPPORTED_MODIFIER',
    message: 'failed to process "${x": unsupported modifier (\ufffd) in substitution',
  })
})

describe('patterns', () => {
  it('know * and ? only, and three escapes', () => {
    expect(word('${path##*/}')).toBe('c.tar.gz')
    expect(word('${path%.*}')).toBe('/a/b/c.tar')
    expect(word('${path%%.*}')).toBe('/a/b/c')
    expect(word('${path#/?}')).toBe('/b/c.tar.gz')
    expect(faultOf('${x#[a\\]}').message).toBe(
      `failed to process "\${x#[a\\\\]}": invalid pattern ([a\\]) in substitution: invalid escape '\\]'`,
    )
  })

  it('do not cross a newline', () => {
    expect(word('${lines##*}')).toBe('\nl2')
  })

  it('lose dollar signs of a replacement that replaces all', () => {
    expect(word('${x//a/$dollar}')).toBe('vlue')
    expect(word('${x/a/$dollar}')).toBe('v$xlue')
    expect(word('${x//a/[$$0]}')).toBe('v[0]lue')
  })
})

it('takes letters and digits of all scripts for names, and special parameters for names like others', () => {
  const { result, unmatched } = expandWord('$ünï☃ $1a $@ $$x', lookup)
  expect(result).toBe('☃ a  x')
  expect([...unmatched]).toEqual(['ünï', '1', '@', '$'])
})

it('drops a byte order mark in front', () => {
  expect(word('\ufeffa\ufeff')).toBe('a\ufeff')
})

it('keeps quotes in the body of a here-document, and escapes with the backslash there', () => {
  expect(word("\"$x\" '$x' it's \\$x \\n\n", { profile: 'heredoc-content' })).toBe("\"value\" 'value' it's $x n\n")
})

it('keeps quotes and unset variables in progress names', () => {
  expect(word('"$x" $unset ${unset:-y} ${unset//a/b}', { profile: 'run-display' })).toBe('"value" $unset ${unset:-y} ${unset/a/b}')
})

it('escapes with the token of the file', () => {
  expect(word('a\\b`$x', { escape: '`' })).toBe('a\\b$x')
})

it('takes << and the blanks behind it for one word', () => {
  expect(words('cat << EOF >f', { profile: 'heredoc-scan' })).toEqual(['cat', '<< EOF', '>f'])
})

it.each([
  ['${}', 'BAD_SUBSTITUTION'],
  ['${x:-', 'MISSING_BRACE'],
  ['${x//}', 'MISSING_SLASH'],
  ['${x:#v}', 'UNSUPPORTED_MODIFIER'],
  ["'a", 'UNTERMINATED_QUOTE'],
  ['"a', 'UNTERMINATED_QUOTE'],
  ['${unset:?}', 'VARIABLE_UNSET'],
  ['${empty:?}', 'VARIABLE_EMPTY'],
])('%s is refused with %s and a hint', (text, code) => {
  expect(faultOf(text)).toMatchObject({ code, hint: expect.stringMatching(/\.$/) })
})

it('tells which names were found', () => {
  const { matched, unmatched } = expandWord('${x:+$nope}${also_nope:-$path}', lookup)
  expect([[...matched], [...unmatched]]).toEqual([
    ['x', 'path'],
    ['nope', 'also_nope'],
  ])
})
