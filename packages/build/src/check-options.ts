import { OptionsInvalidError } from './errors.js'
import type { BuildOptions } from './types.js'

/** What callers without a type checker get wrong most: what is missing, and objects or arrays where a Map or Set is asked for. All of it is told at once. */
export function checkOptions(options: BuildOptions): void {
  const faults: string[] = []
  const given: Partial<Record<keyof BuildOptions, unknown>> = options ?? {}
  const isObject = (value: unknown) => typeof value === 'object' && value !== null
  if (!isObject(given.context)) faults.push('`context` is missing: give memoryContext({ … }) or another context')
  if (!isObject(given.store)) faults.push('`store` is missing: give memoryStore() or an open store')
  for (const name of MAPS) {
    if (given[name] !== undefined && !isMap(given[name])) faults.push(`\`${name}\` is no Map: give new Map(Object.entries(…))`)
  }
  for (const name of ['targets', 'platforms'] as const) {
    if (given[name] !== undefined && !Array.isArray(given[name])) faults.push(`\`${name}\` is no array`)
  }
  for (const [name, values] of CHOICES) {
    if (given[name] !== undefined && !(values as readonly unknown[]).includes(given[name]))
      faults.push(`\`${name}\` is not ${values.join(' or ')}`)
  }
  if (faults.length > 0) throw new OptionsInvalidError(faults)
}

/** By its shape: a Map of another realm, or a read-only one of the caller's own, is one too. */
const isMap = (value: unknown): boolean => typeof (value as { get?: unknown } | null)?.get === 'function'

const MAPS = ['contexts', 'buildArgs', 'labels', 'annotations', 'secrets'] as const
const CHOICES = [
  ['timestamps', ['fixed', 'source']],
  ['modes', ['source', 'git']],
] as const satisfies readonly (readonly [keyof BuildOptions, readonly string[]])[]
