/** Documents that have to agree with the code. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { divergences } from '../checks/divergences.mjs'
import { filesBelow, packages, root } from '../support/repository.js'

const text = (path: string) => readFileSync(join(root, path), 'utf8')

it('names every dependency once, with its version, in docs/dependencies.md', () => {
  const manifests = [JSON.parse(text('package.json')), ...packages.map(({ manifest }) => manifest)]
  const used = new Set<string>()
  for (const { dependencies, devDependencies, optionalDependencies } of manifests) {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      if (!/^workspace:/.test(String(version))) used.add(`${name} ${version}`)
    }
  }
  const listed = [...text('docs/dependencies.md').matchAll(/^\| `([^`]+)` (\S+) \|/gm)].map((row) => `${row[1]} ${row[2]}`)
  expect(listed.sort()).toEqual([...used].sort())
})

it('gives a reason for every divergence', () => {
  const headings = [...text('docs/divergences.md').matchAll(/^## (.+)$/gm)].map((match) => match[1])
  expect(divergences.map(({ heading }) => heading).filter((heading) => !headings.includes(heading))).toEqual([])
})

it('links only to files that exist', () => {
  const documents = [
    ...['README.md', 'CONTRIBUTING.md'].map((name) => join(root, name)),
    ...filesBelow(join(root, 'docs')),
    ...packages.map(({ folder }) => join(folder, 'README.md')),
  ].filter((file) => file.slice(-3) === '.md')
  const broken = documents.flatMap((file) => {
    const links = [...readFileSync(file, 'utf8').matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)].map((match) => match[1]!)
    return links.filter((link) => !existsSync(join(file, '..', link))).map((link) => `${file}: ${link}`)
  })
  expect(broken).toEqual([])
})

// the oracle's floor also holds rows that may not be copied here (they belong to their authors)
it.each(['conformance', 'containers'])('has only cases on the floor of %s that come with the repository', (kind) => {
  const known = new Set(filesBelow(join(root, 'test/data', kind)).flatMap((file) => (/\.json$/.test(file) ? idsIn(file) : [])))
  const floor: string[] = JSON.parse(text(`test/data/floors/${kind}.json`))
  expect(floor.length).toBeGreaterThan(0)
  expect(floor.filter((id) => !known.has(id))).toEqual([])
})

/** The id of a case file, or those of an array of cases. */
function idsIn(file: string): string[] {
  const values: unknown[] = [JSON.parse(readFileSync(file, 'utf8'))].flat()
  return values.flatMap((value) => (typeof value === 'object' && value !== null && 'id' in value ? [String(value.id)] : []))
}
