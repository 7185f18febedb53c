import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createGitignoreFilter, type GitignoreState } from '@layerwright/dockerignore/gitignore'
import { afterAll, describe, expect, it } from 'vitest'
import { requireTool } from '../../../test/support/tools.js'

const scratch = mkdtempSync(join(tmpdir(), 'layerwright-gitignore-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const files: Readonly<Record<string, string>> = {
  '.gitignore':
    '\ufeff# notes\n*.log\n!keep.log\n/only-here\nbuild/\ndocs/*\n!docs/README.md\nlib/**/tmp\n\\#odd\nspaced\\ \n[Tt]est.txt\n',
  'a.log': '',
  'A.LOG': '',
  'keep.log': '',
  'only-here': '',
  'sub/only-here': '',
  'build/x': '',
  'sub/build/keep.log': '',
  'docs/README.md': '',
  'docs/a.md': '',
  'docs/deep/README.md': '',
  'lib/a/b/tmp': '',
  'lib/a/b/c': '',
  '#odd': '',
  'spaced ': '',
  'Test.txt': '',
  'sub/.gitignore': '!a.log\nkeep.log\n/local\n',
  'sub/a.log': '',
  'sub/keep.log': '',
  'sub/local': '',
  'sub/deep/local': '',
  'sub/deep/a.log': '',
  'empty/only.log': '',
}

function walk(): { kept: string[]; entered: string[] } {
  const filter = createGitignoreFilter((path) => files[path])
  const folders = new Map<string, GitignoreState>([['', filter.root]])
  const all = new Set(Object.keys(files).flatMap((path) => path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'))))
  const kept: string[] = []
  for (const path of [...all].sort((a, b) => a.split('/').length - b.split('/').length)) {
    const parent = folders.get(path.includes('/') ? dirname(path) : '')
    if (!parent) continue
    const { keep, descend, state } = filter.visit(path, !(path in files), parent)
    if (keep) kept.push(path)
    if (descend) folders.set(path, state)
  }
  return { kept: kept.sort(), entered: [...folders.keys()].sort() }
}

describe('.gitignore', () => {
  it.skipIf(!requireTool('git'))('leaves what git itself would take', () => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true })
      writeFileSync(join(scratch, path), text)
    }
    const git = (...args: string[]) => execFileSync('git', ['-c', 'core.quotePath=false', ...args], { cwd: scratch, encoding: 'utf8' })
    git('init', '-q')
    const listed = git('ls-files', '--others', '--exclude-standard', '-z')
      .split('\0')
      .filter((path) => path !== '')
    expect(walk().kept).toEqual(listed.sort())
    expect(readdirSync(scratch)).toContain('.git')
    expect(readFileSync(join(scratch, 'a.log'), 'utf8')).toBe('')
  })

  it('enters no folder that is left out', () => {
    expect(walk().entered).toEqual(['', 'docs', 'empty', 'lib', 'lib/a', 'lib/a/b', 'sub', 'sub/deep'])
  })

  it("leaves out git's own folder, and takes all else where there are no rules", () => {
    const { root, visit } = createGitignoreFilter(() => undefined)
    expect(visit('.git', true, root)).toMatchObject({ keep: false, descend: false })
    expect(visit('sub', true, root)).toMatchObject({ keep: false, descend: true })
    expect(visit('sub/a.log', false, root)).toMatchObject({ keep: true })
  })
})
