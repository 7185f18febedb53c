import { describe, expect, it } from 'vitest'
import {
  DocumentEditError,
  insertInstruction,
  openDocument,
  pinDigest,
  printDocument,
  removeFlag,
  removeInstruction,
  replaceInstruction,
  setBaseImage,
  setFlag,
  tokensOf,
} from '../index.js'

const good = `# syntax=docker/dockerfile:1

# the base
FROM   node:20-alpine   AS   Build
\tCOPY  --link \\
      # who owns it
      --chown="a b":c \\
      . /app   
# notes

RUN <<EOF
echo   hi
EOF
FROM build
from scratch as Last`
const digest = `sha256:${'ab'.repeat(32)}`
const at = (document: { text: string }, start: number, end: number) => document.text.slice(start, end)

function refusal(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof DocumentEditError) return error.code
    throw error
  }
  return expect.fail('the edit was made')
}

describe('a document', () => {
  it.each([good, good.replaceAll('\n', '\r\n'), '\ufeffFROM a', 'FROM a\n\n\n', 'from a \\\n\n'])(
    'prints as it was written (%#)',
    (each) => {
      expect(printDocument(openDocument(each))).toBe(each)
    },
  )

  it('knows where the words of an instruction are', () => {
    const document = openDocument(good)
    const { keyword, flags, words } = tokensOf(document, 1)
    expect([keyword, ...flags, ...words].map(({ start, end }) => at(document, start, end))).toEqual([
      'COPY',
      '--link',
      '--chown="a b":c',
      '.',
      '/app',
    ])
    expect(flags[1]!.text).toBe('--chown=a b:c')
  })

  it('knows the flags of a line whose quote never closes', () => {
    const document = openDocument('FROM --"a b \n')
    expect(tokensOf(document, 0).flags.map(({ text }) => text)).toEqual(document.nodes[0]!.flags)
  })

  it('takes faulty instructions, not texts that can not be divided', () => {
    expect(openDocument('FROM a\nCOPI --x\n').nodes).toHaveLength(2)
    expect(() => openDocument('FROM a\nRUN <<EOF\n')).toThrow('unterminated heredoc')
  })
})

describe('an edit', () => {
  const document = openDocument(good)

  it('of the base image changes its word only', () => {
    expect(setBaseImage(document, 'BUILD', 'node:22').text).toBe(good.replace('node:20-alpine', 'node:22'))
    expect(setBaseImage(document, 2, '$BASE').text).toBe(good.replace('scratch', () => '$BASE'))
    expect(setBaseImage(openDocument('FROM no\\\nde AS x\n'), 0, 'a').text).toBe('FROM a AS x\n')
  })

  it('pins a digest behind name and tag, and replaces one', () => {
    const pinned = pinDigest(document, 'build', digest)
    expect(pinned.text).toBe(good.replace('node:20-alpine', `node:20-alpine@${digest}`))
    const other = `sha256:${'cd'.repeat(32)}`
    expect(pinDigest(pinned, 'build', other).text).toBe(good.replace('node:20-alpine', `node:20-alpine@${other}`))
  })

  it('adds a flag behind the keyword, or puts it in the place of the old one', () => {
    expect(setFlag(document, 0, 'platform', '$BUILDPLATFORM').text).toBe(good.replace('FROM ', () => 'FROM --platform=$BUILDPLATFORM '))
    expect(setFlag(document, 1, 'chown', 'app').text).toBe(good.replace('--chown="a b":c', '--chown=app'))
    expect(setFlag(document, 1, 'parents').text).toBe(good.replace('COPY', 'COPY --parents'))
  })

  it('quotes what would be misread', () => {
    const value = 'a "b" \\ \'c\''
    expect(setFlag(document, 1, 'chown', value).nodes[1]!.flags).toContain(`--chown=${value}`)
  })

  it('removes a flag with its blanks', () => {
    expect(removeFlag(document, 1, 'link').text).toBe(good.replace('COPY  --link', 'COPY'))
    expect(removeFlag(document, 1, 'chown').nodes[1]!.flags).toEqual(['--link'])
    expect(removeFlag(document, 1, 'from')).toBe(document)
    expect(removeFlag(openDocument('FROM a\nRUN --mount=x --mount=y z\n'), 1, 'mount').text).toBe('FROM a\nRUN z\n')
  })

  it('inserts in front of an instruction and of its comments, or at the end', () => {
    expect(insertInstruction(document, 0, 'ARG A').text).toBe(good.replace('# the base', 'ARG A\n# the base'))
    expect(insertInstruction(document, 5, '# why\nUSER app\n').text).toBe(`${good}\n# why\nUSER app\n`)
    const windows = openDocument('FROM a\r\nRUN b\r\n')
    expect(insertInstruction(windows, 1, 'ENV a=b\nENV c=d').text).toBe('FROM a\r\nENV a=b\r\nENV c=d\r\nRUN b\r\n')
  })

  it('replaces and removes whole instructions', () => {
    expect(replaceInstruction(document, 2, 'RUN true').text).toBe(good.replace('RUN <<EOF\necho   hi\nEOF\n', 'RUN true\n'))
    expect(removeInstruction(document, 0).text).toBe(good.replace('# the base\nFROM   node:20-alpine   AS   Build\n', ''))
  })

  it('is refused where it would reach others', () => {
    expect(() => insertInstruction(document, 1, 'RUN <<X')).toThrow('unterminated heredoc')
    expect(refusal(() => replaceInstruction(document, 1, 'RUN a \\'))).toBe('EDIT_REACHES_OTHERS')
    expect(refusal(() => insertInstruction(openDocument('FROM a\nRUN b \\'), 2, 'USER c'))).toBe('EDIT_REACHES_OTHERS')
    expect(refusal(() => removeInstruction(openDocument('FROM a\n# escape=`\nFROM b\n'), 0))).toBe('EDIT_REACHES_OTHERS')
  })

  it('is refused where it makes no sense', () => {
    expect(refusal(() => setBaseImage(document, 'nope', 'a'))).toBe('NO_SUCH_STAGE')
    expect(refusal(() => setBaseImage(document, 0, 'a b'))).toBe('BAD_EDIT_VALUE')
    expect(refusal(() => pinDigest(document, 0, 'latest'))).toBe('BAD_EDIT_VALUE')
    expect(refusal(() => pinDigest(document, 1, digest))).toBe('NOT_AN_IMAGE')
    expect(refusal(() => pinDigest(document, 'last', digest))).toBe('NOT_AN_IMAGE')
    expect(refusal(() => setFlag(document, 9, 'a'))).toBe('NO_SUCH_INSTRUCTION')
    expect(refusal(() => setFlag(document, 1, '--a'))).toBe('BAD_EDIT_VALUE')
    expect(refusal(() => setFlag(document, 1, 'a', 'b\nc'))).toBe('BAD_EDIT_VALUE')
    expect(refusal(() => setBaseImage(openDocument('FROM\n'), 0, 'a'))).toBe('NO_SUCH_ARGUMENT')
  })
})
