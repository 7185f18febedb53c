import { describe, expect, it } from 'vitest'
import { copyOf, errorOf, historyOf } from './support.js'

describe('COPY and ADD', () => {
  it('expands words, keeps the destination a directory where it is written as one', async () => {
    const dest = async (written: string) =>
      (await copyOf(`FROM scratch\nENV D=d\nWORKDIR /w\nCOPY a ${written}\n`.replace('WORKDIR /w\n', ''))).dest
    expect(await dest('$D/')).toBe('/d/')
    expect(await dest('/x/.')).toBe('/x/')
    expect(await dest('.')).toBe('/')
    expect(await dest('/a/../b')).toBe('/b')
  })
  it('shows --parents, --chown and --chmod in this order and no other flag', async () => {
    const text = 'FROM scratch\nARG U=app\nCOPY --chmod=0644 --link --exclude=x --chown=$U:1 --parents a b c/\nADD --unpack=false a /\n'
    expect(await historyOf(text)).toEqual([
      'ARG U=app',
      'COPY --parents --chown=app:1 --chmod=0644 a b c/ # buildkit',
      'ADD a / # buildkit',
    ])
  })
  it('expands the body of an inline file unless its delimiter is quoted, and never its name', async () => {
    const { inline } = await copyOf('FROM scratch\nENV A=1\nCOPY <<a <<"b" /x/\n$A "q" \\n \\$A\na\n$A\nb\n')
    expect(inline).toEqual([
      { name: 'a', data: '1 "q" n $A\n' },
      { name: 'b', data: '$A\n' },
    ])
    expect(await historyOf('FROM scratch\nCOPY <<a /x/\nb\na\n')).toEqual(['COPY <<a /x/ # buildkit'])
  })
  it('leaves exclusions as written', async () =>
    expect((await copyOf('FROM scratch\nARG A=1\nCOPY --exclude=$A a b\n')).exclude).toEqual(['$A']))
  it('takes flags of ADD', async () => {
    const sum = `sha256:${'a'.repeat(64)}`
    expect(await copyOf(`FROM scratch\nADD --checksum=${sum} --unpack https://x.org/a.tar /\n`)).toMatchObject({
      kind: 'add',
      checksum: sum,
      unpack: true,
    })
    expect(await copyOf('FROM scratch\nADD https://x.org/a.git?keep-git-dir=1 /\n')).toMatchObject({ keepGitDir: true })
  })
  it.each([
    [
      'COPY --from=$A a b',
      'NO_EXPANSION',
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
      null,
    ],
    ['COPY git@github.com:a/b.git c', 'BAD_REMOTE_SOURCE', "source can't be a git ref for COPY", 2],
    ['COPY https://x.org/a c', 'BAD_REMOTE_SOURCE', "source can't be a URL for COPY", 2],
    ['ADD --keep-git-dir=false https://x.org/a.git?keep-git-dir=1 c', 'BAD_REMOTE_SOURCE', 'inconsistent keep-git-dir configuration', 2],
    ['ADD --checksum=sha256:a b c d', 'BAD_CHECKSUM', "checksum can't be specified for multiple sources", 2],
    ['ADD --checksum=sha256:a b c', 'BAD_CHECKSUM', 'checksum requires HTTP(S) or Git sources', 2],
    ['ADD --checksum=sha256:a https://x.org/a c', 'BAD_CHECKSUM', 'invalid checksum digest length', 2],
    ['ADD --checksum=md5:a https://x.org/a c', 'BAD_CHECKSUM', 'unsupported digest algorithm', 2],
    ['COPY --chmod=0980 a b', 'INVALID_CHMOD', "invalid chmod parameter: '0980'. it should be octal string and between 0 and 07777", 2],
    ['COPY --chmod=17777 a b', 'INVALID_CHMOD', "invalid chmod parameter: '17777'. it should be octal string and between 0 and 07777", 2],
    ['COPY --chmod=u+y a b', 'INVALID_CHMOD', 'invalid syntax', 2],
    ['COPY --chown="\x24{A:?who}" a b', 'VARIABLE_UNSET', 'failed to process "\x24{A:?who}": A: who', 2],
  ])('%s', async (line, code, message, at) => {
    expect(await errorOf(`FROM scratch\n${line}\n`)).toMatchObject({ code, message, line: at })
  })
  it.each(['u=rwX,go=rX', 'a+x', '-w', 'g=u', '+t', '7777', '0'])('takes the mode %s', async (mode) => {
    expect((await copyOf(`FROM scratch\nCOPY --chmod=${mode} a b\n`)).chmod).toBe(mode)
  })
  it('refuses a bad ignore pattern behind faults of the stages, and leaves a bad expression to the walk', async () => {
    const ignorePatterns = ['[']
    expect(await errorOf('FROM scratch\n', { ignorePatterns })).toMatchObject({
      code: 'BAD_IGNORE_PATTERN',
      message: 'syntax error in pattern',
      line: null,
    })
    expect(await errorOf('FROM Alpine\n', { ignorePatterns })).toMatchObject({ code: 'BAD_IMAGE_REFERENCE' })
    expect(await historyOf('FROM scratch\nCOPY a b\n', { ignorePatterns: ['\\ex'] })).toHaveLength(1)
  })
})
