// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are words of Dockerfiles
import { describe, expect, it } from 'vitest'
import { openEditor } from './index.js'

/** Opens a text whose `|` is the position asked about. */
function open(marked: string) {
  const before = marked.slice(0, marked.indexOf('|')).split('\n')
  const position = { line: before.length - 1, character: before.at(-1)!.length }
  return { editor: openEditor(marked.replace('|', '')), position }
}

function completions(marked: string): string[] {
  const { editor, position } = open(marked)
  return editor.complete(position).map(({ text }) => text)
}

describe('completion', () => {
  it.each([
    ['FROM a\nCO|', ['COPY']],
    ['FROM a\nco|', ['copy']],
    ['FROM a AS base\nCOPY --fr|', ['--from=']],
    ['FROM a AS base\nCOPY --from=b|', ['base']],
    ['FROM a AS base\nFROM b|', ['base']],
    ['FROM a\nRUN --mount=type=ca|', ['cache']],
    ['FROM a AS base\nRUN --mount=type=bind,from=|', ['base']],
    ['FROM a\nENV NAME=x\nRUN echo ${N|', ['NAME']],
    ['FROM a\nENV NAME=x\nRUN echo a \\\n  $|', ['NAME']],
    ['FROM a\nRUN echo |', []],
    ['FROM a\nWORKDIR --|', []],
  ])('%j', (marked, expected) => {
    expect(completions(marked)).toEqual(expected)
  })

  it('replaces what was typed', () => {
    const { editor, position } = open('FROM a\n  WOR|')
    expect(editor.complete(position)).toEqual([
      { kind: 'instruction', text: 'WORKDIR', range: { start: { line: 1, character: 2 }, end: { line: 1, character: 5 } } },
    ])
  })
})

it('tells the instruction and the variable at a position', () => {
  const { editor, position } = open('ARG V=1\nFROM node:${V|:-2} AS x\n')
  expect(editor.instructionAt(position)).toMatchObject({
    keyword: 'FROM',
    arguments: [{ text: 'node:${V:-2}' }, { text: 'AS' }, { text: 'x' }],
  })
  expect(editor.variableAt(position)).toMatchObject({ name: 'V', modifier: '-', defined: true, value: '1' })
  expect(editor.variablesAt(1)).toEqual(['V'])
  expect(editor.instructionAt({ line: 9, character: 0 })).toBeUndefined()
})

it('does without a Buffer, and leaves none behind', () => {
  const buffer = Object.getOwnPropertyDescriptor(globalThis, 'Buffer')!
  Reflect.deleteProperty(globalThis, 'Buffer')
  try {
    expect(openEditor('\ufeffFROM a\n').instructions).toHaveLength(1)
    expect('Buffer' in globalThis).toBe(false)
  } finally {
    Object.defineProperty(globalThis, 'Buffer', buffer)
  }
})
