import { type Digest, isDigest } from '@layerwright/digest'
import { InvalidReferenceError } from './errors.js'

/** A parsed image reference (distribution reference grammar), with Docker's defaults filled in. */
export interface Reference {
  /** `docker.io`, `localhost:5000`. */
  readonly registry: string
  /** `library/alpine`. */
  readonly repository: string
  /** `latest` where neither tag nor digest was written. */
  readonly tag: string | undefined
  readonly digest: Digest | undefined
  /** All of it: `docker.io/library/alpine:latest`. */
  readonly full: string
  /** As people write it: `alpine:latest`. */
  readonly familiar: string
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const HOST =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DEFAULT_REGISTRY = 'docker.io'

/**
 * Reads a reference as Docker does: the first component is a registry if it has a dot, a colon or a capital, or is `localhost`; without one it is
 * docker.io, where a single name lies in `library/`.
 * @throws InvalidReferenceError
 */
export function parseReference(text: string): Reference {
  if (text.length > 600) throw new InvalidReferenceError(text, 'it is too long')
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) throw new InvalidReferenceError(text, `"${digest}" is no sha256 digest`)
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  if (tag !== undefined && !TAG.test(tag)) throw new InvalidReferenceError(text, `"${tag}" is no tag`)
  const name = colon < 0 ? named : named.slice(0, colon)
  if (/^[a-f0-9]{64}$/.test(name)) throw new InvalidReferenceError(text, '64 hex digits are an id, not a name')
  const { registry, path } = splitRegistry(name)
  if (!HOST.test(registry)) throw new InvalidReferenceError(text, `"${registry}" is no registry`)
  for (const component of path.split('/')) {
    if (COMPONENT.test(component)) continue
    const why =
      component === ''
        ? 'a part of the name is empty'
        : component !== component.toLowerCase()
          ? 'names are lower case'
          : `"${component}" is no name`
    throw new InvalidReferenceError(text, why)
  }
  if (registry.length + path.length + 1 > 255) throw new InvalidReferenceError(text, 'the name is longer than 255 characters')
  return makeReference(registry, path, tag ?? (digest ? undefined : 'latest'), digest)
}

function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isRegistry = first !== '' && (/[.:A-Z]/.test(first) || first === 'localhost')
  const registry = isRegistry ? first : DEFAULT_REGISTRY
  const path = isRegistry ? name.slice(slash + 1) : name
  if (registry !== DEFAULT_REGISTRY && registry !== 'index.docker.io') return { registry, path }
  return { registry: DEFAULT_REGISTRY, path: path.includes('/') ? path : `library/${path}` }
}

function makeReference(registry: string, repository: string, tag: string | undefined, digest: Digest | undefined): Reference {
  const rest = `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
  const [first, ...others] = repository.split('/')
  const short =
    registry !== DEFAULT_REGISTRY ? `${registry}/${repository}` : first === 'library' && others.length === 1 ? others[0]! : repository
  return { registry, repository, tag, digest, full: `${registry}/${repository}${rest}`, familiar: short + rest }
}
