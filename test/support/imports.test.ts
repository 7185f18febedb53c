import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { importsOf, withoutComments } from './imports.js'

const folder = mkdtempSync(join(tmpdir(), 'layerwright-imports-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('finds every form of import with its line, and no other text', () => {
  const file = join(folder, 'a.ts')
  writeFileSync(
    file,
    [
      "import { a } from 'one'",
      "import type { B } from 'two'",
      "import 'three'",
      'import {',
      '  c,',
      '  type D,',
      "} from 'four'",
      "export { e } from 'five'",
      "export * as f from 'six'",
      "// import 'comment'",
      "/* import 'block' */ const text = \"import 'string'\" // and // more",
      "const g = await import('seven')",
      "type H = import('eight').H",
      'const url = /https?:\\/\\/x/; import.meta.url',
      "export const i = 'from here'",
    ].join('\n'),
  )
  expect(importsOf(file).map(({ specifier, typeOnly, line }) => [specifier, typeOnly, line])).toEqual([
    ['one', false, 1],
    ['two', true, 2],
    ['three', false, 3],
    ['four', false, 7],
    ['five', false, 8],
    ['six', false, 9],
    ['seven', false, 12],
    ['eight', true, 13],
  ])
})

it('blanks comments and keeps strings, templates and regular expressions', () => {
  expect(withoutComments("a('//') // b\nc(/\\/\\*/) /* d\ne */ f(`//`)")).toBe("a('//')     \nc(/\\/\\*/)     \n     f(`//`)")
})
