import { InvalidReferenceError, parseReference } from '@layerwright/image'
import { createAuthorizer } from './auth/authorizer.js'
import { repositoryBlobs } from './blobs/blobs.js'
import { discard } from './http/body.js'
import { namesOf } from './http/pages.js'
import { createSend } from './http/send.js'
import { type Place, pullScope } from './repository/context.js'
import { repositoryManifests } from './repository/manifests.js'
import { referrersOf } from './repository/referrers.js'
import { endpointOf, settingsOf } from './settings.js'
import type { RegistryClient, RegistryOptions, Repository } from './types.js'

/** A client for any number of registries. Opens nothing by itself; tokens that it gets are kept in it. */
export function openRegistry(options: RegistryOptions = {}): RegistryClient {
  const settings = settingsOf(options)
  const send = createSend(settings, createAuthorizer(settings))
  return {
    concurrency: settings.limits.concurrency,
    repository(reference): Repository {
      const { registry, repository: name } = parseReference(reference)
      const endpoint = endpointOf(registry, settings)
      const mirrors = (settings.mirrors.get(registry) ?? []).map((mirror) => endpointOf(mirror, settings))
      const place: Place = { registry, name, settings, send, endpoint, readers: [...mirrors, endpoint] }
      return {
        registry,
        name,
        blobs: repositoryBlobs(place),
        manifests: repositoryManifests(place),
        tags: () => namesOf(send, settings, endpoint, `/v2/${name}/tags/list`, 'tags', [pullScope(name)]),
        referrers: (digest, artifactType) => referrersOf(place, digest, artifactType),
      }
    },
    catalog: (registry) =>
      namesOf(send, settings, endpointOf(hostOnly(registry), settings), '/v2/_catalog', 'repositories', ['registry:catalog:*']),
    async check(registry) {
      const endpoint = endpointOf(hostOnly(registry), settings)
      const { response } = await send(endpoint, { method: 'GET', url: new URL('/v2/', endpoint.base), scopes: [], expect: [200] })
      discard(response)
    },
  }
}

/** A registry as references name it. @throws InvalidReferenceError */
function hostOnly(registry: string): string {
  const found = parseReference(`${registry}/x`)
  if (found.registry !== registry && registry !== 'index.docker.io') throw new InvalidReferenceError(registry, 'it is no registry')
  return found.registry
}
