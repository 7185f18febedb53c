import { describe, expect, it } from 'vitest'
import { IgnoreFileError, limits, parseIgnoreFile } from './index.js'

const texts = (input: string | Uint8Array) => parseIgnoreFile(input).patterns.map(({ text }) => text)

describe('parseIgnoreFile', () => {
  it('gives each pattern its line', () => {
    expect(parseIgnoreFile('# note\n\nsrc\r\n  !a/../b \n').patterns).toEqual([
      { text: 'src', line: 3 },
      { text: '!b', line: 4 },
    ])
  })
  it('takes a comment only from the first column', () => expect(texts(' # no comment\n#one')).toEqual(['# no comment']))
  it('drops a byte order mark on the first line alone', () => expect(texts('\ufeffa\n\ufeffb')).toEqual(['a', '\ufeffb']))
  it('trims U+0085, which JavaScript does not, and keeps U+FEFF, which it would drop', () => {
    expect(texts('\u0085a\u0085\n b\ufeff')).toEqual(['a', 'b\ufeff'])
  })
  it('takes one leading slash away, also behind "!"', () => expect(texts('//src\n! /x/\n/')).toEqual(['src', '!x', '/']))
  it('reads bytes that are no UTF-8 as U+FFFD', () => expect(texts(new Uint8Array([0x61, 0xff]))).toEqual(['a\ufffd']))
  it('refuses a line beyond the reader of the reference, and takes the longest', () => {
    expect(texts('é'.repeat((limits.lineBytes - 1) / 2))).toHaveLength(1)
    const error = (() => {
      try {
        parseIgnoreFile(`a\n${'é'.repeat(limits.lineBytes)}`)
      } catch (caught) {
        return caught
      }
      return undefined
    })()
    expect(error).toBeInstanceOf(IgnoreFileError)
    expect(error).toMatchObject({ code: 'IGNORE_FILE_LINE_TOO_LONG', line: 2, message: 'bufio.Scanner: token too long' })
  })
  it('refuses a file that is too large', () => {
    expect(() => parseIgnoreFile('a\n'.repeat(limits.fileBytes))).toThrow(expect.objectContaining({ code: 'IGNORE_FILE_TOO_LARGE' }))
  })
})
