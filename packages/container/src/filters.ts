import { InvalidFilterError } from './errors.js'
import { booleanOf } from './mounts/values.js'

/** A `KEY=VALUE` or `KEY!=VALUE` filter. */
export interface Filter {
  readonly key: string
  readonly value: string
}

/** Reads filters and refuses keys that are not known. @throws InvalidFilterError */
export function parseFilters(texts: readonly string[], known: readonly string[]): Filter[] {
  return texts.map((text) => {
    const cut = text.indexOf('=')
    const filter = { key: cut < 0 ? text : text.slice(0, cut).trim().toLowerCase(), value: cut < 0 ? '' : text.slice(cut + 1).trim() }
    if (cut < 0 || !known.includes(filter.key)) throw new InvalidFilterError(text, known)
    return filter
  })
}

/** Whether labels satisfy a label filter: `key`, or `key=value`. */
export function hasLabel(labels: readonly (readonly [string, string])[], filter: string): boolean {
  const cut = filter.indexOf('=')
  const key = cut < 0 ? filter : filter.slice(0, cut)
  const found = labels.find(([name]) => name === key)
  return found !== undefined && (cut < 0 || found[1] === filter.slice(cut + 1))
}

/** The value of a boolean filter, once. @throws InvalidFilterError */
export function booleanFilter(filters: readonly Filter[], key: string): boolean | undefined {
  const given = filters.filter((filter) => filter.key === key)
  const values = new Set(given.map(({ value }) => booleanOf(value)))
  if (given.length > 0 && (values.size > 1 || values.has(undefined))) throw new InvalidFilterError(`${key}=${given[0]!.value}`, [key])
  return values.values().next().value
}

/** A name filter is a regular expression, or, where it is none, a part of the name. Expressions that could run long are taken as text. */
export function matchesName(name: string, pattern: string): boolean {
  if (name === pattern || name.includes(pattern)) return true
  // Anchors and character classes only: a pattern with repetition could be made to run for hours (S41).
  if (!/^\^?(?:[\w.-]|\[[\w^-]+\])*\$?$/.test(pattern)) return false
  return new RegExp(pattern).test(name)
}
