/** Packages import each other only in one direction, by public entries, and declare what they import. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importsOf, relativeTarget } from '../support/imports.js'
import { type Package, packages, root, shown } from '../support/repository.js'

/** Who may import whom. A package that is not listed here does not exist. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  digest: [],
  vfs: ['digest'],
  dockerignore: [],
  dockerfile: ['dockerignore'],
  layer: ['digest', 'vfs'],
  store: ['digest'],
  image: ['digest', 'layer', 'store', 'vfs'],
  registry: ['digest', 'image', 'store'],
  executor: ['digest', 'layer', 'vfs'],
  build: ['digest', 'dockerfile', 'dockerignore', 'executor', 'image', 'layer', 'store', 'vfs'],
  container: ['digest', 'dockerfile', 'executor', 'image', 'layer', 'store', 'vfs'],
  bench: ['build', 'container', 'digest', 'dockerfile', 'dockerignore', 'executor', 'image', 'layer', 'registry', 'store', 'vfs'],
  layerwright: [
    'bench',
    'build',
    'container',
    'digest',
    'dockerfile',
    'dockerignore',
    'executor',
    'image',
    'layer',
    'registry',
    'store',
    'vfs',
  ],
}

/** The test runner and the like belong to the repository and serve every package's tests. */
const tools: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies

interface Edge {
  readonly file: string
  readonly line: number
  readonly specifier: string
}

const OURS = /^(?:@layerwright\/(?<scoped>[^/]+)|(?<cli>layerwright))(?<subpath>\/.*)?$/

const edges = (files: readonly string[]): Edge[] =>
  files.flatMap((file) => importsOf(file).map(({ specifier, line }) => ({ file, line, specifier })))

const complaint = ({ file, line, specifier }: Edge, why: string) => `${shown(file)}:${line} imports ${specifier}: ${why}`

/** `just-bash/x` and `@scope/y/z` belong to the packages `just-bash` and `@scope/y`. */
const packageName = (specifier: string) => specifier.split('/', specifier[0] === '@' ? 2 : 1).join('/')

function faultOf(one: Package, edge: Edge, isTest: boolean): string | undefined {
  const { specifier, file } = edge
  if (specifier[0] === '.') {
    const inside = shown(relativeTarget(file, specifier)).split('/')[1] === one.id
    return inside ? undefined : 'a relative path that leaves the package'
  }
  if (specifier[0] === '#') return specifier in (one.manifest.imports ?? {}) ? undefined : 'not in "imports" of package.json'
  if (/^node:/.test(specifier)) return undefined
  const ours = OURS.exec(specifier)?.groups
  if (ours) {
    const target = ours.cli ?? ours.scoped!
    // a package's own tests, and examples in them, see it as its users do
    if (target !== one.id && !MAY_IMPORT[one.id]?.includes(target))
      return `${one.id} may only import ${MAY_IMPORT[one.id]?.join(', ') || 'nothing'}`
    const entry = `.${ours.subpath ?? ''}`
    if (!packages.find(({ id }) => id === target)?.entries.has(entry)) return 'not a public entry'
  }
  const { dependencies, peerDependencies, devDependencies } = one.manifest
  // what a bundle takes in is not installed with it
  const bundled = one.manifest.scripts?.bundle !== undefined
  const declared = { ...dependencies, ...peerDependencies, ...(isTest || bundled ? devDependencies : {}) }
  const name = packageName(specifier)
  if (isTest && name in tools) return undefined
  return name in declared || name === one.manifest.name ? undefined : 'not declared in package.json'
}

describe('the import graph', () => {
  it('knows every package', () => {
    expect(packages.map(({ id }) => id).filter((id) => !(id in MAY_IMPORT))).toEqual([])
  })

  it.each(packages)('$id imports what it may, by public entries, and declares it', (one) => {
    const found = [
      ...edges(one.sources).map((edge) => ({ edge, isTest: false })),
      ...edges(one.tests).map((edge) => ({ edge, isTest: true })),
    ]
    const faults = found.flatMap(({ edge, isTest }) => {
      const why = faultOf(one, edge, isTest)
      return why === undefined ? [] : [complaint(edge, why)]
    })
    expect(faults).toEqual([])
  })

  it.each(packages)('$id depends on no package of ours that the table forbids', (one) => {
    const { dependencies, peerDependencies } = one.manifest
    const ours = Object.keys({ ...dependencies, ...peerDependencies }).flatMap((name) => OURS.exec(name)?.groups?.scoped ?? [])
    expect(ours.filter((id) => !MAY_IMPORT[one.id]?.includes(id))).toEqual([])
  })

  it.each(packages)('$id has no cycle between its files', (one) => {
    const state = new Map<string, 'open' | 'done'>()
    const cycles: string[] = []
    const visit = (file: string, trail: readonly string[]) => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(file)), file].map(shown).join(' → '))
        return
      }
      state.set(file, 'open')
      const lines = readFileSync(file, 'utf8').split('\n')
      for (const { specifier, typeOnly, line } of importsOf(file)) {
        // what is only a type is gone after compilation; mutual recursion by nature says so above the import that closes the circle
        const excused = typeOnly || /cycle-ok: \S+/.test(lines[line - 2] ?? '')
        if (specifier[0] === '.' && !excused) visit(relativeTarget(file, specifier), [...trail, file])
      }
      state.set(file, 'done')
    }
    for (const file of one.sources) visit(file, [])
    expect(cycles, 'turn an import around, or say `// cycle-ok: why` above the one that closes the circle').toEqual([])
  })
})
