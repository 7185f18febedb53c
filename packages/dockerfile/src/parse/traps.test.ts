// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are words of Dockerfiles
/** One test per trap of the reference's parser that the recorded answers pin. */
import { describe, expect, it } from 'vitest'
import { DockerfileSyntaxError, parseDockerfile, parseNodes } from '../index.js'

const nodes = (text: string) => parseNodes(text).nodes
const args = (line: string) => nodes(`FROM scratch\n${line}\n`)[1]!.args

function faultOf(text: string | Uint8Array): DockerfileSyntaxError {
  try {
    parseDockerfile(text)
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return error
    throw error
  }
  return expect.fail('the text was accepted')
}

describe('lines', () => {
  const line = (length: number) => `# ${'x'.repeat(length - 2)}`

  it('may have 65,536 bytes with their newline and 65,535 without one', () => {
    expect(nodes(`FROM scratch\n${line(65_535)}\nRUN x\n`)).toHaveLength(2)
    expect(nodes(`FROM scratch\n${line(65_535)}`)).toHaveLength(1)
    expect(faultOf(`FROM scratch\n${line(65_536)}\n`)).toMatchObject({ code: 'LINE_TOO_LONG', line: 2 })
    expect(faultOf(`FROM scratch\n${line(65_536)}`)).toMatchObject({ code: 'LINE_TOO_LONG', line: 2 })
  })

  it('count bytes, not characters', () => {
    expect(nodes(`FROM scratch\n# ${'é'.repeat(32_766)}\n`)).toHaveLength(1)
    expect(faultOf(`FROM scratch\n# ${'é'.repeat(32_767)}\n`)).toMatchObject({ code: 'LINE_TOO_LONG' })
    expect(faultOf(`FROM scratch\n# ${'😀'.repeat(16_384)}\n`)).toMatchObject({ code: 'LINE_TOO_LONG' })
  })

  it('that are too long are named as that, even the first', () => {
    expect(faultOf(`FROM ${'x'.repeat(70_000)}\n`)).toMatchObject({ code: 'LINE_TOO_LONG', line: 1 })
  })

  it('end at a newline only', () => {
    expect(args('RUN echo a\u2028b\u0085c')).toEqual(['echo a\u2028b\u0085c'])
    expect(nodes('FROM scratch\rRUN x\n')).toHaveLength(1)
  })

  it('lose a byte order mark in front of the first only', () => {
    expect(nodes('\ufeffFROM scratch\n')[0]!.keyword).toBe('FROM')
    expect(faultOf('FROM scratch\n\ufeffRUN x\n').message).toContain('unknown instruction: \ufeffRUN (did you mean RUN?)')
  })
})

describe('white space', () => {
  it('divides at ASCII blanks, vertical tab and form feed included', () => {
    expect(nodes('FROM scratch\nENV\va=b\n')[1]).toMatchObject({ keyword: 'ENV', args: ['a', 'b', '='] })
    expect(args('COPY a\fb')).toEqual(['a', 'b'])
  })

  it('is trimmed as Unicode has it: U+0085 and U+00A0 are white space, U+FEFF and U+200B are not', () => {
    expect(nodes('\u00a0\u0085FROM scratch\u00a0\n')[0]).toMatchObject({ keyword: 'FROM', args: ['scratch'] })
    expect(nodes('FROM scratch\n\u200bRUN x\n')[1]!.keyword).toBe('\u200bRUN')
  })
})

describe('flags', () => {
  it('are unquoted and unescaped, with the backslash whatever the escape token is', () => {
    expect(nodes('FROM scratch\nCOPY --chown="a b":c x y\n')[1]!.flags).toEqual(['--chown=a b:c'])
    expect(nodes('# escape=`\nFROM scratch\nCOPY --chown=a\\ b x y\n')[1]!.flags).toEqual(['--chown=a b'])
  })

  it('end at a lone --', () => {
    expect(nodes('FROM scratch\nCOPY -- --from a b\n')[1]).toMatchObject({ flags: [], args: ['--from', 'a', 'b'] })
  })

  it('keep characters outside ASCII, which the reference garbles', () => {
    expect(nodes('FROM scratch\nCOPY --chown=usér:à x y\n')[1]).toMatchObject({ flags: ['--chown=usér:à'], args: ['x', 'y'] })
    expect(parseDockerfile('FROM scratch\nHEALTHCHECK --interval=1000µs CMD x\n').stages[0]!.commands[0]).toMatchObject({ intervalNs: 1e6 })
  })

  it('of ARG, STOPSIGNAL and HEALTHCHECK NONE are ignored, known or not', () => {
    expect(() => parseDockerfile('FROM scratch\nARG --x=y a\nSTOPSIGNAL --x 9\nHEALTHCHECK --x NONE\n')).not.toThrow()
  })
})

describe('continuations', () => {
  it('never follow two escape characters', () => {
    expect(nodes('FROM scratch\nRUN a \\\\\nRUN b\n').map((node) => node.args[0])).toEqual(['scratch', 'a \\\\', 'b'])
    expect(nodes('FROM scratch\nRUN a \\\\\\\nRUN b\n')[1]!.args).toEqual(['a \\\\\\'])
  })

  it('may have blanks behind the escape character', () => {
    expect(nodes('FROM scratch\nRUN a \\ \t\n b\n')[1]).toMatchObject({ args: ['a  b'], startLine: 2, endLine: 3 })
  })

  it('drop comments, and blank lines with a warning at the last line', () => {
    const { stages, warnings } = parseDockerfile('FROM scratch\nRUN a \\\n\n# c \\\n   # d\n b\n')
    expect(stages[0]!.commands[0]).toMatchObject({ args: ['a  b'], endLine: 6 })
    expect(warnings).toEqual([{ rule: 'NoEmptyContinuation', message: 'Empty continuation line', line: 6, endLine: 6 }])
  })

  it('can end with the file', () => {
    expect(nodes('FROM scratch\nRUN a \\\n')[1]).toMatchObject({ args: ['a'], endLine: 2 })
  })
})

describe('directives', () => {
  it('end at the first line that is none', () => {
    expect(parseNodes('# foo=bar\n# escape=`\nFROM scratch\n')).toMatchObject({ escape: '\\', directives: [] })
    expect(parseNodes('\n# escape=`\nFROM scratch\n').escape).toBe('\\')
    expect(parseNodes('#  ESCAPE =  ` \nFROM scratch\n').escape).toBe('`')
    expect(parseNodes('# escape=\n# escape=`\nFROM scratch\n').escape).toBe('\\')
  })

  it('may be given once', () => {
    expect(faultOf('# escape=`\n# escape=`\nFROM scratch\n')).toMatchObject({ code: 'DUPLICATE_DIRECTIVE', line: 2 })
  })

  it('with a bad escape name their line, counted from 1', () => {
    expect(faultOf('# syntax=a\n# escape=x\nFROM scratch\n')).toMatchObject({ code: 'BAD_ESCAPE_DIRECTIVE', line: 2, phase: 'parse' })
    expect(faultOf('# escape=  \nFROM scratch\n').message).toContain("invalid escape token ' '")
  })

  it('for the syntax are found behind //, in JSON and below a #! line', () => {
    expect(parseNodes('#!/bin/x\n# syntax=a b\nFROM scratch\n').syntax).toEqual({ ref: 'a', cmdline: 'a b', line: 2 })
    expect(faultOf('// syntax=a\nFROM scratch\n').message).toContain('unknown instruction: //')
  })
})

describe('faults', () => {
  it('of the text win over those of instructions, wherever they are', () => {
    for (const text of ['RUN ["a", 1]', 'ENV a', 'RUN <<EOF\nx', 'LABEL a=b c']) {
      expect(faultOf(`FROM scratch\nCOPY a\n${text}\n`), text).toMatchObject({ phase: 'parse', line: 3 })
    }
    expect(faultOf('FROM scratch\nCOPY a\nFOO\n')).toMatchObject({ phase: 'instructions', line: 2 })
  })

  it('of # check= win over all', () => {
    expect(faultOf('# check=nope=1\nRUN [1]\n')).toMatchObject({ code: 'BAD_CHECK_DIRECTIVE', phase: 'check', line: null })
  })

  it('of an empty file are at line 1', () => {
    expect(faultOf('')).toMatchObject({ code: 'EMPTY_DOCKERFILE', line: 1, message: 'file with no instructions' })
    expect(faultOf('# a\n\n')).toMatchObject({ code: 'EMPTY_DOCKERFILE', line: 2 })
  })
})

describe('the JSON form', () => {
  it('is taken only for a valid array; anything else is the shell form', () => {
    for (const text of ['["a",]', '["a"] b', "['a']", '["a", "b"', '["\\x"]'])
      expect(nodes(`FROM scratch\nRUN ${text}\n`)[1], text).toMatchObject({ json: false, args: [text] })
    expect(nodes('FROM scratch\nRUN ["nginx", "-g", "daemon off;\\t\\u00e9"]\n')[1]).toMatchObject({
      json: true,
      args: ['nginx', '-g', 'daemon off;\té'],
    })
  })

  it('refuses elements that are not strings', () => {
    for (const text of ['[1]', '[["a"]]', '[null]', '[{}]', '["a", true]'])
      expect(faultOf(`FROM scratch\nRUN ${text}\n`), text).toMatchObject({ code: 'JSON_NOT_STRINGS' })
  })

  it('does not exist with a number out of range', () => {
    expect(args('CMD [1e999]')).toEqual(['[1e999]'])
    expect(args('CMD [{"a": [-1e999]}]')).toEqual(['[{"a": [-1e999]}]'])
  })

  it('reads lone surrogates as U+FFFD', () => {
    expect(args('RUN ["\\ud83d\\ude00", "\\ud800", "\\ud800\\ud83d\\ude00"]')).toEqual(['😀', '\ufffd', '\ufffd😀'])
  })
})

describe('here-documents', () => {
  const heredocs = (text: string) => nodes(`FROM scratch\n${text}`)[1]!.heredocs

  it('do not exist in a line that can not be read as shell words', () => {
    for (const line of ["RUN it's <<EOF", 'RUN echo ${a^^} <<EOF', 'RUN echo ${a[@]} <<EOF', 'RUN echo "a <<EOF'])
      expect(nodes(`FROM scratch\n${line}\nRUN x\n`), line).toHaveLength(3)
  })

  it('need a word of their own, in which << may be followed by blanks', () => {
    expect(nodes('FROM scratch\nRUN cat<<EOF\nRUN x\n')).toHaveLength(3)
    expect(heredocs('RUN cat <<  EOF\nx\nEOF\n')).toMatchObject([{ name: 'EOF', data: 'x\n' }])
    expect(heredocs('RUN cat <<EOF;\nx\nEOF;\n')).toMatchObject([{ name: 'EOF;' }])
    expect(nodes('FROM scratch\nRUN cat <<- EOF\nRUN x\n')).toHaveLength(3)
    expect(nodes('FROM scratch\nRUN cat \\<<EOF\nRUN x\n')).toHaveLength(3)
  })

  it('have names with quotes in any part, which stop expansion', () => {
    expect(heredocs('RUN <<E"O"F\nx\nEOF\n')).toMatchObject([{ name: 'EOF', expand: false }])
    expect(heredocs('RUN <<"A B"\nx\nA B\n')).toMatchObject([{ name: 'A B', expand: false }])
    expect(heredocs('RUN 3<<EOF <<-X\na\nEOF\n\tb\n\tX\n')).toEqual([
      { name: 'EOF', fd: 3, expand: true, chomp: false, data: 'a\n' },
      { name: 'X', fd: 0, expand: true, chomp: true, data: '\tb\n' },
    ])
  })

  it('keep comments, escapes and the last newline', () => {
    expect(heredocs('RUN <<EOF\n# a\n\nb \\\n\tEOF\r\nEOF\r\n')).toMatchObject([{ data: '# a\n\nb \\\n\tEOF\r\n' }])
  })

  it('of COPY in JSON form are empty files', () => {
    expect(parseDockerfile('FROM scratch\nCOPY ["<<EOF", "/d"]\n').stages[0]!.commands[0]).toMatchObject({
      sources: [],
      heredocs: [{ name: 'EOF', data: '', expand: true }],
    })
  })

  it('with <<- lose the tabs of each line in COPY, and keep them in RUN', () => {
    const { commands } = parseDockerfile('FROM scratch\nCOPY <<-A /d\n\t\tx\n\ty\u2028\tz\n\tA\nRUN <<-A\n\tx\n\tA\n').stages[0]!
    expect(commands).toMatchObject([{ heredocs: [{ data: 'x\ny\u2028\tz\n' }] }, { heredocs: [{ data: '\tx\n', chomp: true }] }])
  })
})

describe('comments', () => {
  it('belong to the instruction below, until an empty one', () => {
    expect(nodes('# a\n\n#b\nFROM scratch\n# x\n#\nRUN y\n').map((node) => node.comments)).toEqual([['a', 'b'], []])
  })

  it('of which directives are none', () => {
    expect(nodes('# syntax=a\n# b\nFROM scratch\n')[0]!.comments).toEqual(['b'])
  })
})

it('reads each byte that is not UTF-8 as one U+FFFD', () => {
  const text = new Uint8Array([...new TextEncoder().encode('FROM scratch\nRUN é '), 0xe9, 0xe2, 0x82, 0xed, 0xa0, 0x80, 0x0a])
  expect(parseNodes(text).nodes[1]!.args).toEqual(['é \ufffd\ufffd\ufffd\ufffd\ufffd\ufffd'])
})
