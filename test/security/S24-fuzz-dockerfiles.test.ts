// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are words of Dockerfiles
/**
 * S24: whatever text it is given, the Dockerfile language gives an answer or a typed error.
 * FUZZ_RUNS texts per law (few by default); a failure prints the seed that repeats it.
 */
import {
  DockerfileSyntaxError,
  DocumentEditError,
  expandWord,
  expandWords,
  formatExcerpt,
  insertInstruction,
  MountError,
  openDocument,
  parseDirectives,
  parseDockerfile,
  parseInstruction,
  parseMount,
  parseNodes,
  printDocument,
  removeFlag,
  setBaseImage,
  setFlag,
  tokensOf,
  WordError,
  type WordProfile,
} from '@layerwright/dockerfile'
import { openEditor } from '@layerwright/dockerfile/editor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const options = { numRuns: Number(process.env.FUZZ_RUNS ?? 300) }

const pieces = fc.constantFrom(
  ...[
    'FROM a',
    'from a AS b',
    'RUN x',
    'RUN <<EOF',
    'RUN <<-"E F"',
    'COPY <<A <<B /d',
    'COPY --from=b a b',
    'ENV a=b c',
    'ENV a b',
    'ARG x=1 y',
  ],
  ...[
    'ONBUILD RUN <<E',
    'ONBUILD ONBUILD',
    'CMD ["a", "b"]',
    'CMD ["a"',
    'RUN --mount=type=cache,target=/x y',
    'HEALTHCHECK --interval=1s CMD x',
  ],
  ...[
    'LABEL "a b"=c',
    'SHELL ["x"]',
    'EXPOSE 80/tcp',
    'VOLUME /a',
    'EOF',
    'E F',
    'A',
    'B',
    'E',
    '# escape=`',
    '# check=skip=all',
    '#!/bin/x',
    '# a b',
  ],
  ...[
    '\n',
    '\r\n',
    '\n\n',
    ' \\\n',
    '`\n',
    '\t',
    ' ',
    '\\',
    '"',
    "'",
    '$',
    '${',
    '}',
    ':-',
    '#',
    '%%',
    '//',
    '/',
    '<<',
    '--',
    '=',
    ',',
    '[',
    ']',
  ],
  ...['\u0085', '\u00a0', '\ufeff', '\u2028', '😀', 'é', '\ud800', '\0', '\v', '\f', '*', '?', 'x'],
)
/** Texts made of what means something in a Dockerfile, with some that mean nothing. */
const texts = fc.oneof(
  { weight: 4, arbitrary: fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.array(pieces, { maxLength: 20 }).map((parts) => `FROM a\n${parts.join('\n')}\n`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
)
const profiles = fc.constantFrom<WordProfile>('word', 'words', 'heredoc-content', 'run-display', 'heredoc-scan', 'heredoc-name')
const escapes = fc.constantFrom<'\\' | '`'>('\\', '`')

const TYPED = [DockerfileSyntaxError, DocumentEditError, MountError, WordError]

/** What `work` gives; `undefined` for a typed error. Any other error is the test's failure. */
function tried<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (TYPED.some((type) => error instanceof type)) return undefined
    throw error
  }
}

function faultOf(text: string | Uint8Array): DockerfileSyntaxError | undefined {
  try {
    parseDockerfile(text)
    return undefined
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) return error
    throw error
  }
}

describe('S24 the Dockerfile language', () => {
  it('reads any text or throws its typed error, which names a line of the text, has a hint and can be shown', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const fault = faultOf(text)
        parseDirectives(text)
        tried(() => parseInstruction(text))
        if (!fault) return
        expect(fault.hint).toMatch(/\S/)
        const lines = text.split('\n').length
        for (const { startLine, endLine } of fault.locations) {
          expect(startLine).toBeGreaterThanOrEqual(1)
          expect(endLine).toBeGreaterThanOrEqual(startLine)
          expect(endLine).toBeLessThanOrEqual(lines)
        }
        if (fault.locations.length > 0) expect(formatExcerpt(text, fault)).toContain('^')
      }),
      options,
    )
  })

  it('reads any bytes as it reads the text that they are', () => {
    const encoder = new TextEncoder()
    fc.assert(
      fc.property(texts, fc.uint8Array({ maxLength: 20 }), (text, noise) => {
        const valid = text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) => (found.length === 2 ? found : '?'))
        expect(tried(() => parseNodes(encoder.encode(valid)))).toEqual(tried(() => parseNodes(valid)))
        faultOf(new Uint8Array([...encoder.encode(text), ...noise]))
      }),
      options,
    )
  })

  it('expands any word in any profile, or throws its typed error', () => {
    const variables = new Map([
      ['a', 'a*b?c'],
      ['b', '${a}'],
      ['x', ''],
    ])
    const lookup = (name: string) => variables.get(name)
    fc.assert(
      fc.property(texts, profiles, escapes, (word, profile, token) => {
        tried(() => expandWord(word, lookup, { profile, escape: token }))
        for (const each of tried(() => expandWords(word, lookup, { profile, escape: token }))?.words ?? []) expect(each).not.toBe('')
        tried(() => parseMount(word, (value) => value))
      }),
      options,
    )
  })

  it('prints any document as it was written', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const document = tried(() => openDocument(text))
        if (!document) return
        expect(printDocument(document)).toBe(text)
        document.nodes.forEach((node, index) => {
          const { keyword, flags } = tokensOf(document, index)
          expect(keyword.text).toBe(node.keyword)
          expect(flags.map((flag) => flag.text)).toEqual(node.flags)
        })
      }),
      options,
    )
  })

  it('changes only the instruction that an edit names', () => {
    const edits = fc.constantFrom<(document: ReturnType<typeof openDocument>, index: number) => typeof document>(
      (document, index) => setFlag(document, index, 'from', 'a "b" `\\'),
      (document, index) => removeFlag(document, index, 'mount'),
      (document, index) => insertInstruction(document, index, '# why\nUSER app'),
      (document) => setBaseImage(document, 0, 'other:1'),
    )
    fc.assert(
      fc.property(texts, edits, fc.nat(5), (text, edit, index) => {
        const document = tried(() => openDocument(text))
        const edited = document && tried(() => edit(document, index))
        if (!document || !edited) return
        const kept = edited.nodes.filter(({ original }) => document.nodes.some((node) => node.original === original))
        expect(kept.length).toBeGreaterThanOrEqual(document.nodes.length - 1)
        expect(printDocument(edited)).toBe(edited.text)
      }),
      options,
    )
  })

  it('answers an editor about any text', () => {
    fc.assert(
      fc.property(texts, fc.nat(10), fc.nat(30), (text, line, character) => {
        const editor = openEditor(text)
        editor.complete({ line, character })
        editor.variableAt({ line, character })
        editor.variablesAt(line)
      }),
      options,
    )
  })
})
