import { describe, expect, it } from 'vitest'
import { createWalkFilter, ignoreFileCandidates, keptPaths, unreadIgnoreFiles } from './index.js'

const files = (...paths: string[]) => paths.map((path) => ({ path, isDir: false }))

describe('createWalkFilter', () => {
  it('says what is kept and where nothing can come back', () => {
    const filter = createWalkFilter(['node_modules', 'docs', '!docs/README.md'])
    expect(filter.visit('node_modules', true, filter.root)).toMatchObject({ keep: false, descend: false })
    const docs = filter.visit('docs', true, filter.root)
    expect(docs).toMatchObject({ keep: false, descend: true })
    expect(filter.visit('docs/README.md', false, docs.state)).toMatchObject({ keep: true })
    expect(filter.visit('docs/a', false, docs.state)).toMatchObject({ keep: false, descend: false })
    expect(filter.visit('src', true, filter.root)).toMatchObject({ keep: true, descend: true })
  })
  it('does not enter a directory that only an exception of another depth could mean', () => {
    const filter = createWalkFilter(['*', '!*/*.md'])
    const a = filter.visit('a', true, filter.root)
    expect(a.descend).toBe(true)
    expect(filter.visit('a/b', true, a.state).descend).toBe(false)
  })
  it('drops what the matcher alone would keep: `!src` does not reach a file that a line of its own leaves out', () => {
    expect(keptPaths(['src/index.js', '!src'], files('src/index.js', 'src/a'))).toEqual(['src', 'src/a'])
  })
  it('shows a directory that is left out if something in it is kept', () => {
    expect(keptPaths(['*', '!src/lib/a.js'], files('src/lib/a.js', 'src/b'))).toEqual(['src', 'src/lib', 'src/lib/a.js'])
  })
  it('goes by the text of exceptions where they have no wildcard, even where the text is an expression', () => {
    expect(keptPaths(['aa', '!a{2}/*'], files('aa/x'))).toEqual([])
    expect(keptPaths(['aa', '!aa/*'], files('aa/x'))).toEqual(['aa', 'aa/x'])
  })
  it('sorts by bytes', () =>
    expect(keptPaths([], files('\u{1f389}', '\ufffd', 'a/b', 'a-b'))).toEqual(['a', 'a-b', 'a/b', '\ufffd', '\u{1f389}']))
  it('walks thousands of directories deep', () => expect(keptPaths(['x'], files(`${'d/'.repeat(5_000)}f`))).toHaveLength(5_001))
})

describe('which ignore file is read', () => {
  it('prefers the one beside the Dockerfile', () => {
    expect(ignoreFileCandidates('docker/api.Dockerfile')).toEqual(['docker/api.Dockerfile.dockerignore', '.dockerignore'])
  })
  it('names the ones without effect', () => {
    expect(unreadIgnoreFiles('Dockerfile', ['.dockerignore', 'src/.dockerignore', 'Dockerfile.dockerignore', 'a'])).toEqual([
      '.dockerignore',
      'src/.dockerignore',
    ])
  })
})
