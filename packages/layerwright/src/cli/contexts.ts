import type { NamedContext } from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { formatPlatform, type Platform } from '@layerwright/dockerfile'
import { importImage, type StoredImage } from '@layerwright/image'
import { openDockerArchive, openLayout, openOciArchive } from '@layerwright/image/node'
import { decompress } from '@layerwright/layer/node'
import { UsageError } from './errors.js'
import type { UserStore } from './store.js'

const SOURCES = { 'oci-layout': openLayout, 'oci-archive': openOciArchive, 'docker-archive': openDockerArchive } as const

const KINDS = ['oci-layout', 'oci-archive', 'docker-archive'] as const

/**
 * Reads `--build-context NAME=PLACE`: a folder, `oci-layout://DIR[@DIGEST]`, `oci-archive:FILE` or `docker-archive:FILE`.
 * @throws UsageError
 */
export function readContexts(specs: readonly string[], store: UserStore): Map<string, NamedContext> {
  const contexts = new Map<string, NamedContext>()
  for (const spec of specs) {
    const at = spec.indexOf('=')
    if (at < 1) throw new UsageError(`--build-context ${spec}: there is no name`, 'write --build-context NAME=DIR')
    contexts.set(spec.slice(0, at).toLowerCase(), readPlace(spec.slice(at + 1), store))
  }
  return contexts
}

function readPlace(place: string, store: UserStore): NamedContext {
  const match = /^(oci-layout|oci-archive|docker-archive):(?:\/\/)?(.+?)(?:@(sha256:[0-9a-f]{64}))?$/.exec(place)
  const kind = KINDS.find((known) => known === match?.[1])
  if (!match || !kind) {
    if (/^[a-z][a-z0-9+.-]*:\/\//.test(place))
      throw new UsageError(
        `--build-context: ${place} can't be read`,
        'name a folder, oci-layout://DIR, oci-archive:FILE or docker-archive:FILE',
      )
    return { kind: 'files', context: hostContext(place) }
  }
  const [, , path = '', digest] = match
  const loaded = new Map<string, Promise<StoredImage>>()
  return {
    kind: 'image',
    image(platform: Platform) {
      const key = formatPlatform(platform)
      const image = loaded.get(key) ?? load(kind, path, digest, platform, store)
      loaded.set(key, image)
      return image
    },
  }
}

async function load(
  kind: keyof typeof SOURCES,
  path: string,
  digest: string | undefined,
  platform: Platform,
  store: UserStore,
): Promise<StoredImage> {
  const source = await SOURCES[kind](path)
  const image = await source.image({ platform, ...(digest ? { digest: digest as `sha256:${string}` } : {}) })
  return importImage(store, image, { decompress })
}
