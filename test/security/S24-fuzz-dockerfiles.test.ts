// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are words of Dockerfiles
/**
 * S24: whatever text it is given, the Dockerfile language gives an answer or a typed error.
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
import { describe, expect } from 'vitest'
import { dockerfileTexts as texts } from '../support/dockerfile-texts.js'
import { fuzz } from '../support/fuzz.js'
import { mutated, recordedTexts } from '../support/mutated.js'

const signs = fc.constantFrom('$', '${', '}', ':-', ':+', ':?', '#', '##', '%', '/', '//', '*', '?', '"', "'", '\\', 'a', ' ')
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
  fuzz(
    'reads any text or throws its typed error, which names a line of the text, has a hint and can be shown',
    fc.property(texts, (text) => {
      const fault = faultOf(text)
      parseDirectives(text)
      tried(() => parseInstruction(text))
      if (!fault) return
      const lines = text.split('\n').length
      const misplaced = fault.locations.filter(({ startLine, endLine }) => !(startLine >= 1 && endLine >= startLine && endLine <= lines))
      const pointed = fault.locations.length === 0 || formatExcerpt(text, fault).includes('^')
      // one comparison, because each costs more than the parser
      expect([misplaced, pointed, fault.hint.trim() !== '']).toEqual([[], true, true])
    }),
  )

  const encoder = new TextEncoder()
  fuzz(
    'reads any bytes as it reads the text that they are',
    fc.property(texts, fc.uint8Array({ maxLength: 20 }), (text, noise) => {
      const valid = text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) => (found.length === 2 ? found : '?'))
      expect(JSON.stringify(tried(() => parseNodes(encoder.encode(valid))))).toBe(JSON.stringify(tried(() => parseNodes(valid))))
      const bytes = encoder.encode(text)
      const noisy = new Uint8Array(bytes.length + noise.length)
      noisy.set(bytes)
      noisy.set(noise, bytes.length)
      faultOf(noisy)
    }),
  )

  const variables = new Map([
    ['a', 'a*b?c'],
    ['b', '${a}'],
    ['x', ''],
  ])
  const lookup = (name: string) => variables.get(name)
  fuzz(
    'expands any word in any profile, or throws its typed error',
    fc.property(fc.oneof(texts, mutated(recordedTexts('words', 'word'), signs)), profiles, escapes, (word, profile, token) => {
      tried(() => expandWord(word, lookup, { profile, escape: token }))
      for (const each of tried(() => expandWords(word, lookup, { profile, escape: token }))?.words ?? []) expect(each).not.toBe('')
      tried(() => parseMount(word, (value) => value))
    }),
  )

  fuzz(
    'prints any document as it was written',
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
  )

  const edits = fc.constantFrom<(document: ReturnType<typeof openDocument>, index: number) => typeof document>(
    (document, index) => setFlag(document, index, 'from', 'a "b" `\\'),
    (document, index) => removeFlag(document, index, 'mount'),
    (document, index) => insertInstruction(document, index, '# why\nUSER app'),
    (document) => setBaseImage(document, 0, 'other:1'),
  )
  fuzz(
    'changes only the instruction that an edit names',
    fc.property(texts, edits, fc.nat(5), (text, edit, index) => {
      const document = tried(() => openDocument(text))
      const edited = document && tried(() => edit(document, index))
      if (!document || !edited) return
      const kept = edited.nodes.filter(({ original }) => document.nodes.some((node) => node.original === original))
      expect(kept.length).toBeGreaterThanOrEqual(document.nodes.length - 1)
      expect(printDocument(edited)).toBe(edited.text)
    }),
  )

  fuzz(
    'answers an editor about any text',
    fc.property(texts, fc.nat(10), fc.nat(30), (text, line, character) => {
      const editor = openEditor(text)
      editor.complete({ line, character })
      editor.variableAt({ line, character })
      editor.variablesAt(line)
    }),
    { share: 0.1 },
  )
})
