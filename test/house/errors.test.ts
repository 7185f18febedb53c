/** Every error class that a package exports can really happen, and has a stable code. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CALLED_OTHERWISE } from '../checks/support/reasons.mjs'
import { withoutComments } from '../support/imports.js'
import { packages } from '../support/repository.js'

interface Declared {
  readonly parent: string
  readonly body: string
}

const CLASS = /^export (?:abstract )?class (\w+)(?:<[^>]*>)? extends (\w+)/gm

const code = packages.flatMap((one) => one.sources).map((file) => withoutComments(readFileSync(file, 'utf8')))
const everything = code.join('\n')

/** Classes by name; a body reaches to the closing brace in the first column. */
const declared = new Map<string, Declared>()
for (const text of code) {
  for (const match of text.matchAll(CLASS)) {
    declared.set(match[1]!, { parent: match[2]!, body: text.slice(match.index, text.indexOf('\n}', match.index)) })
  }
}

function hasCode(name: string): boolean {
  const found = declared.get(name)
  return found !== undefined && (/\bcode\b\s*[:=]/.test(found.body) || hasCode(found.parent))
}

const isRaised = (name: string): boolean =>
  new RegExp(`\\bnew ${name}\\(`).test(everything) || [...declared].some(([child, { parent }]) => parent === name && isRaised(child))

const isError = (value: unknown): value is ErrorConstructor => typeof value === 'function' && value.prototype instanceof Error

async function exportedErrors(one: (typeof packages)[number]): Promise<string[]> {
  const names = new Set<string>()
  for (const [subpath, source] of one.entries) {
    if (subpath === './testing') continue
    const module: Record<string, unknown> = await import(source)
    for (const [name, value] of Object.entries(module)) if (isError(value)) names.add(name)
  }
  return [...names].sort()
}

it.each(packages)('$id: each exported error has a code and is thrown somewhere', async (one) => {
  const names = await exportedErrors(one)
  expect({ withoutCode: names.filter((name) => !hasCode(name)), neverThrown: names.filter((name) => !isRaised(name)) }).toEqual({
    withoutCode: [],
    neverThrown: [],
  })
})

it.each(packages)('$id: each error class is thrown somewhere or is the parent of one that is', (one) => {
  const own = one.sources.flatMap((file) => [...withoutComments(readFileSync(file, 'utf8')).matchAll(CLASS)].map((match) => match[1]!))
  const errors = own.filter((name) => /(?:Error|Fault)$/.test(name))
  expect(errors.filter((name) => !isRaised(name))).toEqual([])
})

it('writes every code in upper snake case', () => {
  const literals = [...everything.matchAll(/\breadonly code = '([^']*)'/g)].map((match) => match[1]!)
  expect(literals.filter((literal) => !/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(literal))).toEqual([])
})

it('maps only codes that exist to the reasons of the corpora', () => {
  expect([...CALLED_OTHERWISE.keys()].filter((code) => !everything.includes(`'${code}'`))).toEqual([])
})
