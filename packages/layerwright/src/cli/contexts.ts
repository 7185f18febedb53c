import { archiveContext, type BuildContext, isRemoteContext, type NamedContext, remoteContext } from '@layerwright/build'
import { gitClient, hostContext } from '@layerwright/build/node'
import { formatPlatform, type Platform } from '@layerwright/dockerfile'
import { importImage, type StoredImage } from '@layerwright/image'
import { openDockerArchive, openLayout, openOciArchive } from '@layerwright/image/node'
import { decompress } from '@layerwright/layer/node'
import { UsageError } from './errors.js'
import type { UserStore } from './store.js'

const SOURCES = { 'oci-layout': openLayout, 'oci-archive': openOciArchive, 'docker-archive': openDockerArchive } as const

const KINDS = ['oci-layout', 'oci-archive', 'docker-archive'] as const

/**
 * Reads `--build-context NAME=PLACE`: a folder, an address, `oci-layout://DIR[@DIGEST]`, `oci-archive:FILE` or `docker-archive:FILE`.
 * @throws UsageError
 */
export async function readContexts(specs: readonly string[], store: UserStore): Promise<Map<string, NamedContext>> {
  const contexts = new Map<string, NamedContext>()
  for (const spec of specs) {
    const at = spec.indexOf('=')
    if (at < 1) throw new UsageError(`--build-context ${spec}: there is no name`, 'write --build-context NAME=DIR')
    contexts.set(spec.slice(0, at).toLowerCase(), await readPlace(spec.slice(at + 1), store))
  }
  return contexts
}

async function readPlace(place: string, store: UserStore): Promise<NamedContext> {
  const match = /^(oci-layout|oci-archive|docker-archive):(?:\/\/)?(.+?)(?:@(sha256:[0-9a-f]{64}))?$/.exec(place)
  const kind = KINDS.find((known) => known === match?.[1])
  if (!match || !kind) {
    if (isRemoteContext(place)) return { kind: 'files', context: await openContext(place, store) }
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

/** The context of `layerwright build`: a folder, an address (a repository, a tar, a Dockerfile), or `-` for a tar or a Dockerfile on standard input. */
export async function openContext(place: string, store: UserStore, signal?: AbortSignal): Promise<BuildContext> {
  if (place === '-') return archiveContext(await readInput(store), { store, decompress })
  if (isRemoteContext(place)) return remoteContext(place, { store, decompress, git: gitClient(), ...(signal ? { signal } : {}) })
  return hostContext(place)
}

/** Standard input as a blob, so that a large context is never held in memory. */
async function readInput(store: UserStore) {
  if (process.stdin.isTTY)
    throw new UsageError('the context is a terminal', 'pipe a tar or a Dockerfile into this command, or name a folder')
  const writer = store.writer()
  try {
    for await (const chunk of process.stdin) writer.write(chunk as Uint8Array)
    return await writer.commit()
  } finally {
    writer.abort()
  }
}
