import { createHasher, type Digest, sha256 } from '@layerwright/digest'
import { detectCompression, MAGIC_BYTES } from '@layerwright/layer'
import type { Content } from '@layerwright/vfs'
import { parseConfig } from '../../documents.js'
import { ImageError } from '../../errors.js'
import { canonicalJson, isObject, parseObject } from '../../json.js'
import { imageLimits } from '../../limits.js'
import { platformOf } from '../../make.js'
import { ANNOTATION, MEDIA } from '../../media-types.js'
import { type FoundImage, readImage, selectImage } from '../../read.js'
import { parseReference } from '../../reference.js'
import type { Descriptor, ImageConfig, ImageSource, ListedImage, Manifest, Platform } from '../../types.js'
import { type Archive, openArchive } from './archive.js'
import { legacyImages } from './legacy-archive.js'

/** An image as the archive has it. */
interface Entry {
  readonly tags: readonly string[]
  readonly layers: readonly string[]
  /** Name of the config, for messages. */
  readonly name: string
  config(): Promise<Uint8Array>
}

/**
 * What `docker save` writes: `manifest.json`, a config and a tar for each layer; or, before Docker 1.10, a folder for each layer and `repositories`. It has no manifest in
 * the sense of OCI, so one is made.
 * @throws ImageError FILE_MISSING, ARCHIVE_TRUNCATED, ARCHIVE_INVALID
 */
export async function openDockerArchive(file: string): Promise<ImageSource> {
  return dockerSource(await openArchive(file))
}

/** The source over an archive that is open; closes it when it is no such archive. */
export async function dockerSource(archive: Archive): Promise<ImageSource> {
  try {
    const entries = await readEntries(archive)
    const images = entries.map((entry) => openEntry(archive, entry))
    const opened = async () => Promise.all(images.map((image) => image()))
    return {
      list: async () => (await opened()).map(({ descriptor, refs, platform }): ListedImage => ({ descriptor, refs, platform })),
      async image(select = {}) {
        const all = await opened()
        // Full names and the short ones that the archive has are both understood; each name is an entry of its own.
        const found = all.flatMap((one): FoundImage[] => {
          const names = [...new Set(one.refs.flatMap((ref) => [ref, fullName(ref)]))]
          const bare = { ...one.descriptor, platform: one.platform }
          return names.length === 0
            ? [{ descriptor: bare, above: [] }]
            : names.map((ref) => ({ descriptor: { ...bare, annotations: { [ANNOTATION.refName]: ref } }, above: [] }))
        })
        const wanted =
          select.ref === undefined
            ? select
            : {
                ...select,
                ref: found.some((one) => one.descriptor.annotations?.[ANNOTATION.refName] === select.ref)
                  ? select.ref
                  : fullName(select.ref),
              }
        // An archive with one image is taken whatever its platform is.
        const { platform, ...rest } = wanted
        const chosen = selectImage(found, platform && all.length > 1 ? wanted : rest, archive.path)
        const one = all.find(({ descriptor }) => descriptor.digest === chosen.digest)!
        return readImage(one, one.descriptor)
      },
      close: archive.close,
    }
  } catch (error) {
    archive.close()
    throw error
  }
}

function fullName(ref: string): string {
  try {
    return parseReference(ref).full
  } catch {
    return ref
  }
}

async function readEntries(archive: Archive): Promise<Entry[]> {
  if (!archive.file('manifest.json') && archive.file('repositories'))
    return (await legacyImages(archive)).map((image) => ({ ...image, name: image.tags[0]! }))
  const bytes = await archive.document('manifest.json', imageLimits.manifestBytes)
  // The list is wrapped so that one parser checks everything foreign.
  const text = new TextDecoder().decode(bytes)
  const { list } = parseObject(new TextEncoder().encode(`{"list":${text}}`), `manifest.json of ${archive.path}`)
  const invalid = (what: string) =>
    new ImageError('ARCHIVE_INVALID', archive.path, `manifest.json of ${archive.path} cannot be used: ${what}`)
  if (!Array.isArray(list) || list.length === 0) throw invalid('it lists no images')
  return list.map((entry: unknown): Entry => {
    if (!isObject(entry) || typeof entry.Config !== 'string') throw invalid('an image has no config')
    const strings = (value: unknown, what: string): readonly string[] => {
      if (value === null || value === undefined) return []
      if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw invalid(`${what} are no texts`)
      return value
    }
    const name = entry.Config
    return {
      tags: strings(entry.RepoTags, 'tags'),
      layers: strings(entry.Layers, 'layers'),
      name,
      config: () => readConfig(archive, name),
    }
  })
}

interface DockerImage {
  readonly descriptor: Descriptor
  readonly refs: readonly string[]
  readonly platform: Platform
  readonly blob: (descriptor: Descriptor) => Promise<Content | undefined>
}

/** Opens an image of the archive, once. */
function openEntry(archive: Archive, entry: Entry): () => Promise<DockerImage> {
  let opened: Promise<DockerImage> | undefined
  return () => {
    opened ??= open(archive, entry)
    return opened
  }
}

async function readConfig(archive: Archive, name: string): Promise<Uint8Array> {
  const bytes = await archive.document(name, imageLimits.configBytes)
  const configDigest = sha256(bytes)
  // The file is named by its digest: a config that was changed shows.
  const stated = /([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1]
  if (stated && configDigest !== `sha256:${stated}`) {
    throw new ImageError(
      'DIGEST_MISMATCH',
      name,
      `${name} in ${archive.path} really has the digest ${configDigest}: the archive was changed`,
    )
  }
  return bytes
}

async function open(archive: Archive, entry: Entry): Promise<DockerImage> {
  const configBytes = await entry.config()
  const configDigest = sha256(configBytes)
  const config = parseConfig(configBytes, `config ${entry.name} of ${archive.path}`)
  const blobs = new Map<Digest, Content>()
  const layers = await describeLayers(archive, entry, config, blobs)
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: { mediaType: MEDIA.config, digest: configDigest, size: configBytes.length },
    layers,
  }
  const manifestBytes = canonicalJson(manifest)
  const descriptor: Descriptor = { mediaType: MEDIA.manifest, digest: sha256(manifestBytes), size: manifestBytes.length }
  blobs.set(configDigest, bytesContent(configBytes))
  return {
    descriptor,
    refs: entry.tags,
    platform: platformOf(config),
    blob: async ({ digest }) => (digest === descriptor.digest ? bytesContent(manifestBytes) : blobs.get(digest)),
  }
}

async function describeLayers(archive: Archive, entry: Entry, config: ImageConfig, blobs: Map<Digest, Content>): Promise<Descriptor[]> {
  const { diff_ids: diffIds } = config.rootfs
  if (entry.layers.length !== diffIds.length) {
    throw new ImageError(
      'LAYER_COUNT',
      archive.path,
      `${entry.name} in ${archive.path} names ${diffIds.length} layers, manifest.json ${entry.layers.length}: they do not belong together`,
    )
  }
  const layers: Descriptor[] = []
  for (const [i, name] of entry.layers.entries()) {
    const content = archive.file(name)
    if (!content) throw new ImageError('BLOB_MISSING', name, `${archive.path} lacks the layer ${name}: it is incomplete; get it again`)
    const first = new Uint8Array(Math.min(MAGIC_BYTES, content.size))
    content.readInto!(first, 0)
    const kind = detectCompression(first)
    // A plain tar is named by its diffID, which is verified when it is read; of a compressed one only reading gives the digest.
    const digest = kind === 'none' ? diffIds[i]! : await digestOf(content)
    blobs.set(digest, content)
    layers.push({ mediaType: kind === 'none' ? MEDIA.layer : `${MEDIA.layer}+${kind}`, digest, size: content.size })
  }
  return layers
}

async function digestOf(content: Content): Promise<Digest> {
  const hasher = createHasher()
  for await (const chunk of content.stream()) hasher.update(chunk)
  return hasher.digest()
}

const bytesContent = (bytes: Uint8Array): Content => ({
  size: bytes.length,
  async *stream(start, end) {
    yield bytes.subarray(start, end)
  },
})
