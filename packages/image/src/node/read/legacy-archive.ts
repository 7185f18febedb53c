/**
 * What `docker save` wrote before Docker 1.10: a folder for each layer with its `json`, `layer.tar` and parent, and `repositories`, which names the top ones. The config is
 * made of the top layer's json as Docker makes it when it loads such an archive: every layer counts, its history is a line of each json.
 */
import { createHasher, type Digest } from '@layerwright/digest'
import { detectCompression, MAGIC_BYTES } from '@layerwright/layer'
import { decompress } from '@layerwright/layer/node'
import type { Content } from '@layerwright/vfs'
import { ImageError } from '../../errors.js'
import { canonicalJson, isObject, parseObject } from '../../json.js'
import { imageLimits } from '../../limits.js'
import type { HistoryEntry } from '../../types.js'
import type { Archive } from './archive.js'

/** An image as the archive has it. */
export interface LegacyImage {
  /** `name:tag`, all that mean it. */
  readonly tags: readonly string[]
  /** Paths of its layers, lowest first. */
  readonly layers: readonly string[]
  /** Reads every layer, because nothing in the archive says their digests. */
  config(): Promise<Uint8Array>
}

/** Of one layer's place in the old chain, which a config has no words for. */
const OF_THE_CHAIN: ReadonlySet<string> = new Set(['id', 'parent', 'parent_id', 'layer_id', 'Size', 'throwaway'])

/** @throws ImageError ARCHIVE_INVALID, DOCUMENT_TOO_LARGE */
export async function legacyImages(archive: Archive): Promise<LegacyImage[]> {
  const repositories = parseObject(await archive.document('repositories', imageLimits.manifestBytes), `repositories of ${archive.path}`)
  const byTop = new Map<string, string[]>()
  for (const [name, tags] of Object.entries(repositories)) {
    if (!isObject(tags)) throw invalid(archive, `the tags of ${name} are no object`)
    for (const [tag, id] of Object.entries(tags)) {
      if (typeof id !== 'string') throw invalid(archive, `${name}:${tag} names no layer`)
      byTop.set(id, [...(byTop.get(id) ?? []), `${name}:${tag}`])
    }
  }
  if (byTop.size === 0) throw invalid(archive, 'it names no images')
  return Promise.all([...byTop].map(([id, tags]) => legacyImage(archive, id, tags)))
}

async function legacyImage(archive: Archive, top: string, tags: readonly string[]): Promise<LegacyImage> {
  const chain: { readonly id: string; readonly json: Record<string, unknown> }[] = []
  for (let id: unknown = top; id !== undefined && id !== ''; id = chain[0]?.json.parent) {
    // ids are hex digits: nothing else gets into a path
    if (typeof id !== 'string' || !/^[0-9a-f]{64}$/.test(id)) throw invalid(archive, `${JSON.stringify(id)} is no id of a layer`)
    if (chain.some((one) => one.id === id)) throw invalid(archive, `layer ${id} is among its own parents`)
    if (chain.length >= imageLimits.layers) throw invalid(archive, `an image has more than ${imageLimits.layers} layers`)
    chain.unshift({ id, json: parseObject(await archive.document(`${id}/json`, imageLimits.configBytes), `${id}/json of ${archive.path}`) })
  }
  const layers = chain.map(({ id }) => `${id}/layer.tar`)
  return {
    tags,
    layers,
    async config() {
      const diffIds: Digest[] = []
      for (const path of layers) diffIds.push(await diffIdOf(archive, path))
      const own = Object.entries(chain.at(-1)!.json).filter(([key]) => !OF_THE_CHAIN.has(key))
      return canonicalJson({
        // what was not said was so
        architecture: 'amd64',
        os: 'linux',
        ...Object.fromEntries(own),
        rootfs: { type: 'layers', diff_ids: diffIds },
        history: chain.map(({ json }) => historyOf(json)),
      })
    },
  }
}

function historyOf(json: Record<string, unknown>): HistoryEntry {
  const container = isObject(json.container_config) ? json.container_config.Cmd : undefined
  const texts = { created: json.created, author: json.author, comment: json.comment }
  const said = Object.entries(texts).filter(([, value]) => typeof value === 'string' && value !== '')
  return { ...Object.fromEntries(said), ...(Array.isArray(container) ? { created_by: container.map(String).join(' ') } : {}) }
}

async function diffIdOf(archive: Archive, path: string): Promise<Digest> {
  const content: Content | undefined = archive.file(path)
  if (!content) throw new ImageError('BLOB_MISSING', path, `${archive.path} lacks the layer ${path}: it is incomplete; get it again`)
  const first = new Uint8Array(Math.min(MAGIC_BYTES, content.size))
  content.readInto!(first, 0)
  const hasher = createHasher()
  for await (const chunk of decompress(content.stream(), detectCompression(first))) hasher.update(chunk)
  return hasher.digest()
}

const invalid = (archive: Archive, what: string) =>
  new ImageError('ARCHIVE_INVALID', archive.path, `repositories of ${archive.path} cannot be used: ${what}`)
