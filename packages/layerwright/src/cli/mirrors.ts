/** Mirrors of registries, as flags and the environment name them. */
import { parseReference } from '@layerwright/image'
import { UsageError } from './errors.js'

/**
 * `HOST=MIRROR[,MIRROR]`, as often as it is given; without a flag the entries of LAYERWRIGHT_MIRRORS. Several for one host are tried in their order.
 * @throws UsageError
 */
export function readMirrors(
  flags: readonly string[] | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, readonly string[]> {
  const given = flags?.length ? flags : (environment.LAYERWRIGHT_MIRRORS ?? '').split(/\s+/).filter(Boolean)
  const mirrors = new Map<string, string[]>()
  for (const entry of given) {
    const [host = '', ...rest] = entry.split('=')
    const places = rest.join('=').split(',')
    for (const name of [host, ...places]) if (registryOf(name) === undefined) throw unusable(entry, name)
    const registry = registryOf(host)!
    mirrors.set(registry, [...(mirrors.get(registry) ?? []), ...places])
  }
  return mirrors
}

/** The registry that a host is to references; undefined: a reference would not take it for one. */
function registryOf(host: string): string | undefined {
  if (host.includes('/')) return undefined
  try {
    const { registry } = parseReference(`${host}/a/b`)
    return registry === host || host === 'index.docker.io' ? registry : undefined
  } catch {
    return undefined
  }
}

const unusable = (entry: string, name: string): UsageError =>
  new UsageError(`--mirror ${entry}: "${name}" is no host of a registry`, 'write HOST=MIRROR[,MIRROR], as docker.io=mirror.example:5000')
