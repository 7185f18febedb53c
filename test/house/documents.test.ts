/** Documents that have to agree with the code. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
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

it('keeps only cases on the floors that come with the repository', () => {
  const ids = (kind: string) =>
    new Set(filesBelow(join(root, 'test/data', kind)).flatMap((file) => (/\.jsonl?$/.test(file) ? idsIn(file) : [])))
  const strangers = readdirSync(join(root, 'test/data/floors')).flatMap((file) => {
    const known = ids(file.replace(/\.json$/, ''))
    const floor: string[] = JSON.parse(text(`test/data/floors/${file}`))
    return floor.filter((id) => !known.has(id.replace(/#\d+$/, ''))).map((id) => `${file}: ${id}`)
  })
  expect(strangers).toEqual([])
})

/** The id of a case file, those of an array of cases, or one per line. */
function idsIn(file: string): string[] {
  const rows = readFileSync(file, 'utf8')
  const values: unknown[] = /\.jsonl$/.test(file)
    ? rows
        .split('\n')
        .filter(Boolean)
        .map((row) => JSON.parse(row))
    : [JSON.parse(rows)].flat()
  return values.flatMap((value) => (typeof value === 'object' && value !== null && 'id' in value ? [String(value.id)] : []))
}
