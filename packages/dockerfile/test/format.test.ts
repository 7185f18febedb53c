// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are words of Dockerfiles
import { DockerfileSyntaxError, formatDockerfile, parseDockerfile } from '@layerwright/dockerfile'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dockerfileTexts } from '../../../test/support/dockerfile-texts.js'
import { fuzz } from '../../../test/support/fuzz.js'

describe('formatDockerfile', () => {
  it('writes casing, gaps, indentation and line ends in one way', () => {
    const written = [
      '# syntax=docker/dockerfile:1  ',
      '',
      '',
      '  from   --platform=$BUILDPLATFORM   node:22   as   build  ',
      'copy --link   --chown=a \\  ',
      '  # the manifest   ',
      '\t\tpackage.json \\',
      '',
      '      package-lock.json   ./',
      'env A=1 \\',
      ' B="x  y"  ',
      'cmd ["node",\\',
      '"a.js"]',
      '',
      '',
      '# the end   ',
      '',
    ].join('\n')
    expect(formatDockerfile(written)).toBe(
      [
        '# syntax=docker/dockerfile:1  ',
        '',
        'FROM --platform=$BUILDPLATFORM node:22 AS build',
        'COPY --link --chown=a \\',
        '    # the manifest',
        '    package.json \\',
        '    package-lock.json   ./',
        'ENV A=1 \\',
        '    B="x  y"',
        'CMD ["node", \\',
        '    "a.js"]',
        '',
        '# the end',
        '',
      ].join('\n'),
    )
  })

  it('leaves alone what is part of an argument', () => {
    const kept = [
      'FROM a',
      'RUN apt-get update && \\',
      '  apt-get install -y \\',
      '      curl',
      'ENV A="one \\',
      '  two"',
      'ENV B one   two',
      'LABEL a=no\\',
      'gap',
      'ONBUILD RUN  x',
      'RUN <<EOF',
      '  indented   ',
      '',
      '',
      'EOF',
      'HEALTHCHECK CMD a   b',
      '',
    ].join('\n')
    expect(formatDockerfile(kept)).toBe(kept)
  })

  it('indents the flags of a RUN and the comments in its script, not the script', () => {
    expect(formatDockerfile('FROM a\nrun --mount=type=cache,target=/c \\\n  --network=none \\\n  a && \\\n# why\n   b\n')).toBe(
      'FROM a\nRUN --mount=type=cache,target=/c \\\n    --network=none \\\n    a && \\\n   # why\n   b\n',
    )
  })

  it('keeps a byte order mark, the kind of line ends, and a first blank line above a comment', () => {
    expect(formatDockerfile('\ufefffrom a\r\n\r\n\r\nrun b\t\r\n')).toBe('\ufeffFROM a\r\n\r\nRUN b\r\n')
    expect(formatDockerfile('\n\n# escape=`\nfrom a \\\n\n')).toBe('\n# escape=`\nFROM a \\\n')
    expect(formatDockerfile('\n\nfrom a')).toBe('FROM a\n')
  })

  it('takes the casing and the indentation asked for', () => {
    expect(formatDockerfile('FROM a AS b\nCOPY a\\\nb c\n', { keywords: 'lower', indent: 2 })).toBe('from a as b\ncopy a\\\nb c\n')
    expect(formatDockerfile('FROM a AS b\nCOPY a \\\n b c\n', { keywords: 'lower', indent: 2 })).toBe('from a as b\ncopy a \\\n  b c\n')
  })

  it('refuses what can not be divided into instructions, and takes what is merely wrong', () => {
    expect(() => formatDockerfile('FROM a\nRUN <<EOF\n')).toThrow(DockerfileSyntaxError)
    expect(formatDockerfile('from a\ncoppy   x y\n')).toBe('FROM a\ncoppy x y\n')
  })
})

/** What a Dockerfile says, without where and in which casing it says it. */
function meaning(text: string): unknown {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip)
    if (typeof value !== 'object' || value === null || value instanceof Error) return value instanceof Error ? value.message : value
    const left = Object.entries(value).filter(([key]) => !['keyword', 'source', 'startLine', 'endLine'].includes(key))
    return Object.fromEntries(left.map(([key, inner]) => [key, strip(inner)]))
  }
  try {
    const { escape: token, directives, syntax, metaArgs, stages } = parseDockerfile(text)
    return strip({ token, directives, syntax: syntax?.ref, metaArgs, stages })
  } catch (error) {
    if (!(error instanceof DockerfileSyntaxError)) throw error
    return { code: error.code, phase: error.phase }
  }
}

function formatted(text: string): string | undefined {
  try {
    return formatDockerfile(text)
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return undefined
    throw error
  }
}

fuzz(
  'never changes what a Dockerfile says, and has nothing to do the second time',
  fc.property(dockerfileTexts, (text) => {
    const once = formatted(text)
    if (once === undefined) return
    expect(meaning(once)).toEqual(meaning(text))
    expect(formatDockerfile(once)).toBe(once)
  }),
)
