/** House rules that no linter has: each finds lines, and shows them. */
import { existsSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withoutComments } from '../support/imports.js'
import { filesBelow, packages, publicPackages, root, shown } from '../support/repository.js'

const LONGEST = 300

const isCode = (file: string) => ['.ts', '.tsx', '.mjs'].includes(extname(file))
const isNoTest = (file: string) => !/\.test\.ts$/.test(file)
const sources = packages.flatMap((one) => one.sources)
const everything = ['packages', 'test', 'examples', 'scripts']
  .flatMap((folder) => filesBelow(join(root, folder)))
  .filter((file) => isCode(file) && !shown(file).includes('test/data/'))

/** Lines in which `rule` finds something, as `file:line text`. A line above or on it with `allow` and a reason excuses it. */
function findings(
  files: readonly string[],
  rule: RegExp,
  { allow, keepComments = false }: { allow?: RegExp; keepComments?: boolean } = {},
) {
  return files.flatMap((file) => {
    const written = readFileSync(file, 'utf8')
    const raw = written.split('\n')
    const lines = keepComments ? raw : withoutComments(written).split('\n')
    return lines.flatMap((line, index) => {
      const excused = allow !== undefined && [raw[index - 1], raw[index]].some((text) => text !== undefined && allow.test(text))
      return rule.test(line) && !excused ? [`${shown(file)}:${index + 1} ${raw[index]?.trim()}`] : []
    })
  })
}

describe('the style of the house', () => {
  it(`lets no file grow past ${LONGEST} lines without saying why in its header`, () => {
    const silent = everything.filter(isNoTest).filter((file) => {
      const lines = readFileSync(file, 'utf8').split('\n')
      const header = lines.slice(0, 40).filter((line) => /^\s*(?:\/\*\*|\*|\/\/)/.test(line))
      return lines.length - 1 > LONGEST && !header.some((line) => /\b(?:300 lines|long because|one file because)\b/i.test(line))
    })
    expect(silent.map(shown), 'split it, or say in the header: over 300 lines because …').toEqual([])
  })

  it('has no mark of unfinished work and no test that is switched off', () => {
    // put together from halves, so that this file has none of them either
    const marks = ['TO|DO', 'FIX|ME', 'XX|X', 'not imple|mented', 'unimple|mented'].map((mark) => mark.replace('|', ''))
    const switches = ['skip', 'only', 'todo'].map((name) => `\\b(?:it|test|describe)\\.${name}\\(`)
    expect(
      findings(everything, new RegExp([...marks.map((mark) => `\\b${mark}\\b`), ...switches].join('|')), { keepComments: true }),
    ).toEqual([])
  })

  // S10: a text that begins with another says nothing about paths (`/data-old` begins with `/data`). Compare names, or walk the tree.
  it('tests no path by its prefix', () => {
    const literal = `'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"`
    const rule = new RegExp(
      [
        `\\.startsWith\\(\\s*(?!(?:${literal}|[A-Z][A-Z0-9_]*)\\s*[,)])`, // a prefix that is computed; a named constant is none
        `\\.startsWith\\(\\s*['"][^'"]*[^/'"]/['"]`, // a literal folder
        `\\.indexOf\\([^)]*\\)\\s*===?\\s*0\\b`,
        `\\.(?:slice|substring)\\(0,\\s*\\w+\\.length\\)\\s*===?`,
      ].join('|'),
    )
    expect(findings(sources, rule, { allow: /prefix-ok: \S+/ }), 'where it is no path, say `// prefix-ok: why` on the line above').toEqual(
      [],
    )
  })

  it('leaves the type checker switched on', () => {
    const comments = findings(sources, /@ts-(?:ignore|nocheck|expect-error)/, { keepComments: true })
    const casts = findings(sources, /\bas any\b|\bas unknown as\b|<any>|: any\b/, { allow: /type-ok: \S+/ })
    expect([...comments, ...casts], 'a last resort says `// type-ok: why` on the line above').toEqual([])
  })

  it('re-exports values by name', () => {
    expect(findings(sources, /^export \* (?:as \w+ )?from/)).toEqual([])
  })

  it('throws only errors that have a class', () => {
    // a suite that packages export for testing fails as a test does
    const thrown = sources.filter((file) => !file.includes('/testing/'))
    expect(findings(thrown, /\bthrow new Error\(|\bthrow ['"`]/)).toEqual([])
  })

  it('names no place of the machine it was written on', () => {
    const place = new RegExp(`/${'work'}/(?:main|shared)|/tmp/${'brief'}`)
    expect(findings(everything, place, { keepComments: true })).toEqual([])
  })
})

describe.each(publicPackages)('$id', ({ folder, manifest }) => {
  it('has a README with an example, and the licence', () => {
    const readme = join(folder, 'README.md')
    expect(existsSync(readme), 'README.md').toBe(true)
    expect(readFileSync(readme, 'utf8')).toMatch(/^```(?:ts|js|sh)\b/m)
    expect(readFileSync(join(folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'))
  })

  it('runs on the Node that it names', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).engines).toEqual(engines)
    expect(manifest.version).toMatch(/^\d+\.\d+\.\d+$/)
  })
})
