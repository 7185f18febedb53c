import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CacheFrom, CacheTo } from '@layerwright/build'
import { parseReference } from '@layerwright/image'
import { layoutArtifacts } from '@layerwright/image/node'
import { registryArtifacts } from '@layerwright/registry'
import { openRegistry } from '@layerwright/registry/node'
import type { Store } from '@layerwright/store'
import { layerForm } from '../layer-form.js'
import { UsageError } from './errors.js'
import { parseFields } from './specs.js'

export interface CachePlacesOptions {
  readonly store: Store
  readonly signal: AbortSignal
  readonly tell: (message: string) => void
}

export interface CachePlaces {
  readonly cacheFrom: readonly CacheFrom[]
  readonly cacheTo: readonly CacheTo[]
  readonly inlineCache: boolean
}

/**
 * Reads `--cache-from` and `--cache-to`: `type=registry,ref=…`, `type=local,src=|dest=…`, `type=inline`; a reference alone is a registry.
 * @throws UsageError, InvalidReferenceError
 */
export function readCachePlaces(from: readonly string[], to: readonly string[], options: CachePlacesOptions): CachePlaces {
  const tos = to.map((spec) => readTo(spec, options))
  return {
    cacheFrom: from.flatMap((spec) => readFrom(spec, options) ?? []),
    cacheTo: tos.flatMap((one) => one ?? []),
    inlineCache: tos.includes(undefined),
  }
}

/** undefined for a folder that is not there: said, and done without. */
function readFrom(spec: string, options: CachePlacesOptions): CacheFrom | undefined {
  const fields = fieldsOf('cache-from', spec, ['type', 'ref', 'src', 'producers'])
  const producers = fields.has('producers') ? { producers: fields.get('producers')!.split('|') } : {}
  if (fields.get('type') === 'registry') {
    const ref = needed('cache-from', spec, fields, 'ref')
    return { ...registryPlace(ref, options), image: parseReference(ref).tag ?? 'latest', ...producers }
  }
  if (fields.get('type') !== 'local') throw unknownType('cache-from', spec, 'registry and local')
  const src = resolve(needed('cache-from', spec, fields, 'src'))
  if (existsSync(src)) return { place: layoutArtifacts(src), ...producers }
  options.tell(`the cache ${src} is not used: there is no such folder`)
  return undefined
}

/** undefined: inline. */
function readTo(spec: string, options: CachePlacesOptions): CacheTo | undefined {
  const fields = fieldsOf('cache-to', spec, ['type', 'ref', 'dest', 'mode', 'compression', 'compression-level', 'producer'])
  const type = fields.get('type')
  if (type === 'inline') return undefined
  const mode = fields.get('mode') ?? 'min'
  if (mode !== 'min' && mode !== 'max') throw new UsageError(`--cache-to ${spec}: unknown mode "${mode}"`, 'min or max')
  const compression = (['none', 'gzip', 'zstd'] as const).find((known) => known === (fields.get('compression') ?? 'gzip'))
  if (!compression) throw new UsageError(`--cache-to ${spec}: unknown compression "${fields.get('compression')}"`, 'none, gzip or zstd')
  const producer = fields.get('producer')
  const level = fields.get('compression-level')
  const form = layerForm(options.store, compression, level === undefined ? undefined : Number(level))
  const rest = { mode, form, ...(producer === undefined ? {} : { producer }) } as const
  if (type === 'registry') return { ...registryPlace(needed('cache-to', spec, fields, 'ref'), options), ...rest }
  if (type === 'local') return { place: layoutArtifacts(resolve(needed('cache-to', spec, fields, 'dest'))), ...rest }
  throw unknownType('cache-to', spec, 'registry, local and inline')
}

const fieldsOf = (flag: string, spec: string, known: readonly string[]): Map<string, string> =>
  spec.includes('=')
    ? parseFields(flag, spec, known)
    : new Map([
        ['type', 'registry'],
        ['ref', spec],
      ])

function needed(flag: string, spec: string, fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name)
  if (!value) throw new UsageError(`--${flag} ${spec}: there is no ${name}`, `write --${flag} type=${fields.get('type')},${name}=…`)
  return value
}

const unknownType = (flag: string, spec: string, types: string): UsageError =>
  new UsageError(`--${flag} ${spec}: unknown type`, `the types are ${types}`)

/** A cache that does not answer is done without, so it is not tried for long. */
function registryPlace(ref: string, { signal }: CachePlacesOptions): { readonly place: CacheTo['place'] } {
  return { place: registryArtifacts(ref, openRegistry({ signal, limits: { attempts: 2, backoffMs: 200, stallMs: 20_000 } })) }
}
