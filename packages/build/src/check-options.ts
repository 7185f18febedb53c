import { unknownKeys } from '@layerwright/dockerfile'
import type { CacheOptions } from './cache/options.js'
import { OptionsInvalidError } from './errors.js'
import type { BuildOptions, RunSettings } from './types.js'

/**
 * What callers without a type checker get wrong most: what is missing, keys that there are not, and objects or arrays where a Map or Set is asked for. All of it is told at once.
 * @throws OptionsInvalidError
 */
export function checkOptions(options: BuildOptions): void {
  if (!isObject(options)) throw new OptionsInvalidError(['there are none: give an object, with `context` and `store` at least'])
  const given: Partial<Record<keyof BuildOptions, unknown>> = options
  const faults = unknownKeys(given, KEYS)
  for (const [name, known] of PARTS) if (isObject(given[name])) faults.push(...unknownKeys(given[name], known, `${name}.`))
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

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** By its shape: a Map of another realm, or a read-only one of the caller's own, is one too. */
const isMap = (value: unknown): boolean => typeof (value as { get?: unknown } | null)?.get === 'function'

/** The type checker holds these to be all keys of their types. */
const keysOf = <T>(keys: Record<keyof T, 0>): readonly string[] => Object.keys(keys)
const KEYS = keysOf<Required<BuildOptions>>({
  ...{ context: 0, store: 0, executor: 0, dockerfile: 0, dockerfileText: 0, contexts: 0, images: 0, target: 0, targets: 0 },
  ...{ buildArgs: 0, labels: 0, annotations: 0, platforms: 0, secrets: 0, run: 0, allow: 0, noCache: 0, cacheFrom: 0, cacheTo: 0 },
  ...{ inlineCache: 0, cache: 0, sourceDateEpoch: 0, timestamps: 0, modes: 0, rewriteTimestamp: 0, decompress: 0, fetch: 0, git: 0 },
  ...{ concurrency: 0, onEvent: 0, signal: 0, clock: 0 },
})
const PARTS = [
  ['cache', keysOf<Required<CacheOptions>>({ strength: 0, refresh: 0, maxAge: 0, explain: 0 })],
  ['run', keysOf<Required<RunSettings>>({ ssh: 0, extraHosts: 0, resources: 0, network: 0 })],
] as const
const MAPS = ['contexts', 'buildArgs', 'labels', 'annotations', 'secrets'] as const
const CHOICES = [
  ['timestamps', ['fixed', 'source']],
  ['modes', ['source', 'git']],
] as const satisfies readonly (readonly [keyof BuildOptions, readonly string[]])[]
