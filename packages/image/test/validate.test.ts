/** One corruption at a time, each told by its own name and place; then several at once, all of them told. */
import { gzipSync } from 'node:zlib'
import { type Digest, sha256 } from '@layerwright/digest'
import { type BlobSource, canonicalJson, type Descriptor, MEDIA, validateBlobs } from '@layerwright/image'
import { storeLayer } from '@layerwright/layer'
import { compressZstd, decompress } from '@layerwright/layer/node'
import { memoryStore } from '@layerwright/store'
import { type Content, dirInode, fileInode, type LayerChange, memoryContent, readAll, textContent } from '@layerwright/vfs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../test/support/fuzz.js'

interface Json {
  [name: string]: unknown
}

/** An image in pieces that can be changed: documents as objects, layers as tars and as they travel. */
interface Parts {
  index: Json
  manifest: Json
  config: Json
  readonly tars: Uint8Array[]
  readonly packed: Uint8Array[]
  /** Last: bytes that do not fit what is said of them. */
  readonly after: ((
    blobs: Map<string, Uint8Array>,
    parts: { readonly manifest: Digest; readonly config: Digest; readonly layers: readonly Digest[] },
  ) => void)[]
  /** How documents are written; canonical JSON where nothing else is said. */
  readonly bytes: { index?: Uint8Array; manifest?: Uint8Array; config?: Uint8Array }
}

const linked = fileInode(textContent('two names'))
const trees: LayerChange[][] = [
  [
    { path: 'etc', inode: dirInode() },
    { path: 'etc/one', inode: linked },
    { path: 'etc/two', inode: linked },
  ],
  [{ path: 'noise', inode: fileInode(memoryContent(Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919 * (i + 13)) & 255))) }],
  [
    { path: 'etc/three', inode: fileInode(textContent('3')) },
    { path: 'noise', inode: null },
  ],
]
const store = memoryStore()
const tars = await Promise.all(trees.map(async (changes) => readAll((await storeLayer(store, changes)).blob)))
const zstd: Uint8Array[] = []
for await (const chunk of compressZstd(memoryContent(tars[2]!).stream())) zstd.push(chunk.slice())
const packed = [new Uint8Array(gzipSync(tars[0]!)), tars[1]!, new Uint8Array(Buffer.concat(zstd))]
const TYPES = [MEDIA.layerGzip, MEDIA.layer, MEDIA.layerZstd]

const sound = (): Parts => ({
  index: { schemaVersion: 2, mediaType: MEDIA.index, manifests: [{ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }] },
  manifest: {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: { mediaType: MEDIA.config },
    layers: TYPES.map((mediaType) => ({ mediaType })),
  },
  config: {
    os: 'linux',
    architecture: 'arm64',
    created: '2024-02-29T12:00:00.5Z',
    config: { Env: ['A=1'], Labels: { a: 'b' }, Cmd: null },
    rootfs: { type: 'layers' },
    history: [
      { created_by: 'a' },
      { created_by: 'b', empty_layer: true },
      { created_by: 'c' },
      { created_by: 'd', created: '2024-01-01T00:00:00Z' },
    ],
  },
  tars: [...tars],
  packed: [...packed],
  after: [],
  bytes: {},
})

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Puts digests and sizes in, from below, and gives the source and its root. */
function seal(parts: Parts): { readonly source: BlobSource; readonly root: Descriptor } {
  const blobs = new Map<string, Uint8Array>()
  const put = (bytes: Uint8Array): { digest: Digest; size: number } => {
    const digest = sha256(bytes)
    blobs.set(digest, bytes)
    return { digest, size: bytes.length }
  }
  const layers = parts.packed.map(put)
  const { config, manifest, index } = parts
  if (isJson(config.rootfs)) config.rootfs.diff_ids ??= parts.tars.map((tar) => sha256(tar))
  const configBlob = put(parts.bytes.config ?? canonicalJson(config))
  if (isJson(manifest.config)) manifest.config = { ...configBlob, ...manifest.config }
  if (Array.isArray(manifest.layers)) manifest.layers = manifest.layers.map((one, i) => (isJson(one) ? { ...layers[i], ...one } : one))
  const manifestBlob = put(parts.bytes.manifest ?? canonicalJson(manifest))
  if (Array.isArray(index.manifests))
    index.manifests = index.manifests.map((one) => (isJson(one) ? { mediaType: MEDIA.manifest, ...manifestBlob, ...one } : one))
  const root = { mediaType: MEDIA.index, ...put(parts.bytes.index ?? canonicalJson(index)) }
  for (const change of parts.after)
    change(blobs, { manifest: manifestBlob.digest, config: configBlob.digest, layers: layers.map(({ digest }) => digest) })
  return { source: { blob: async ({ digest }) => (blobs.has(digest) ? memoryContent(blobs.get(digest)!) : undefined) }, root }
}

async function faultsOf(parts: Parts): Promise<string[]> {
  const { source, root } = seal(parts)
  return (await validateBlobs(source, root, { decompress })).map(({ code, subject }) => `${subject}: ${code}`)
}

/** Breaks off in the middle. */
const breaking = (content: Content): Content => ({
  size: content.size,
  async *stream() {
    yield await readAll(content).then((bytes) => bytes.subarray(0, bytes.length / 2))
    throw Object.assign(new Error('the line is dead'), { code: 'SOURCE_BROKEN' })
  },
})

/** A tar again, its first header changed and its checksum mended. */
function edited(tar: Uint8Array, change: (header: Uint8Array) => void, at = 0): Uint8Array {
  const copy = tar.slice()
  const header = copy.subarray(at, at + 512)
  change(header)
  header.fill(32, 148, 156)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return copy
}
const text = (bytes: string) => new TextEncoder().encode(bytes)

/** Layer 1 is plain: its bytes are its tar. */
function plainTar(parts: Parts, tar: Uint8Array): void {
  parts.tars[1] = tar
  parts.packed[1] = tar
}

/** Sets a value by its path; undefined takes it away. */
function set(path: string, value: unknown) {
  return (parts: Parts): void => {
    const names = path.split('.')
    const last = names.pop()!
    const target = names.reduce((at, name) => at[name] as Json, parts as unknown as Json)
    if (Array.isArray(target) && value === undefined) target.splice(Number(last), 1)
    else if (value === undefined) delete target[last]
    else target[last] = value
  }
}
const diffIds = (work: (ids: Digest[]) => unknown[]) => (parts: Parts) => {
  set('config.rootfs.diff_ids', work(parts.tars.map((tar) => sha256(tar))))(parts)
}
const packing = (i: number, work: (bytes: Uint8Array) => Uint8Array) => (parts: Parts) => {
  parts.packed[i] = work(parts.packed[i]!)
}

interface Corruption {
  readonly name: string
  /** What it changes; two that change the same part are not tried together. */
  readonly part: 'index' | 'entry' | 'manifest' | 'config' | 'history' | 'run' | 'layer 0' | 'layer 1' | 'layer 2' | 'diffIDs'
  readonly told: string
  /** It is only told where nothing is wrong with these. */
  readonly needs?: readonly Corruption['part'][]
  /** What is below can't be seen any more. */
  readonly hides?: readonly Corruption['part'][]
  readonly change: (parts: Parts) => void
}

const BELOW_CONFIG = ['config', 'history', 'run', 'diffIDs'] as const
const ALL = ['manifest', ...BELOW_CONFIG, 'layer 0', 'layer 1', 'layer 2'] as const
const damaged = (which: 'manifest' | 'config', change: (bytes: Uint8Array) => Uint8Array | undefined) => (parts: Parts) =>
  void parts.after.push((blobs, digests) => {
    const made = change(blobs.get(digests[which])!)
    if (made) blobs.set(digests[which], made)
    else blobs.delete(digests[which])
  })
const damagedLayer = (i: number, change: (bytes: Uint8Array) => Uint8Array | undefined) => (parts: Parts) =>
  void parts.after.push((blobs, { layers }) => {
    const made = change(blobs.get(layers[i]!)!)
    if (made) blobs.set(layers[i]!, made)
    else blobs.delete(layers[i]!)
  })
const flip = (at: number) => (bytes: Uint8Array) => bytes.map((byte, i) => (i === (at < 0 ? bytes.length + at : at) ? byte ^ 1 : byte))
const spaced = (bytes: Uint8Array) => new Uint8Array([...bytes, 32])

const corruptions: readonly Corruption[] = [
  {
    name: 'no list of manifests',
    part: 'index',
    told: 'index: MANIFESTS_MISSING',
    hides: ['entry', ...ALL],
    change: set('index.manifests', undefined),
  },
  { name: 'another schema version', part: 'index', told: 'index: SCHEMA_VERSION', change: set('index.schemaVersion', 1) },
  {
    name: 'index says it is a manifest',
    part: 'index',
    told: 'index: MEDIA_TYPE_MISMATCH',
    change: set('index.mediaType', MEDIA.manifest),
  },
  {
    name: 'index with layers',
    part: 'index',
    told: 'index: DOCUMENT_AMBIGUOUS',
    hides: ['entry', ...ALL],
    change: set('index.layers', []),
  },
  {
    name: 'annotation of the index that is a number',
    part: 'index',
    told: 'index: ANNOTATIONS_INVALID',
    change: set('index.annotations', { a: 1 }),
  },
  {
    name: 'index is no JSON',
    part: 'index',
    told: 'index: JSON_INVALID',
    hides: ['entry', ...ALL],
    change: set('bytes.index', text('{"manifests":[')),
  },
  {
    name: 'an entry that is no descriptor',
    part: 'entry',
    told: 'manifest 0: DESCRIPTOR_INVALID',
    hides: ALL,
    change: set('index.manifests', ['sha256:x']),
  },
  {
    name: 'entry of another platform',
    part: 'entry',
    needs: ['config'],
    told: 'config: PLATFORM',
    change: set('index.manifests.0.platform', { os: 'linux', architecture: 'amd64' }),
  },
  {
    name: 'entry with half a platform',
    part: 'entry',
    told: 'manifest 0: DESCRIPTOR_PLATFORM',
    change: set('index.manifests.0.platform', { os: 'linux' }),
  },
  {
    name: 'entry of an unknown kind',
    part: 'entry',
    told: 'manifest: MEDIA_TYPE_UNSUPPORTED',
    hides: ALL,
    change: set('index.manifests.0.mediaType', 'application/x'),
  },
  {
    name: 'entry with a digest that is none',
    part: 'entry',
    told: 'manifest 0: DESCRIPTOR_DIGEST',
    hides: ALL,
    change: set('index.manifests.0.digest', 'sha256:abc'),
  },
  { name: 'manifest missing', part: 'manifest', told: 'manifest: BLOB_MISSING', hides: ALL, change: damaged('manifest', () => undefined) },
  { name: 'manifest one byte longer', part: 'manifest', told: 'manifest: SIZE_MISMATCH', change: damaged('manifest', spaced) },
  {
    name: 'manifest with other bytes of the same size',
    part: 'manifest',
    told: 'manifest: DIGEST_MISMATCH',
    change: damaged('manifest', (b) => text(new TextDecoder().decode(b).replace('"schemaVersion":2', '"schemaVersion":3'))),
  },
  {
    name: 'manifest without a config',
    part: 'manifest',
    told: 'manifest: CONFIG_MISSING',
    hides: BELOW_CONFIG,
    change: set('manifest.config', undefined),
  },
  {
    name: 'manifest without a list of layers',
    part: 'manifest',
    told: 'manifest: LAYERS_MISSING',
    hides: ['layer 0', 'layer 1', 'layer 2', 'diffIDs'],
    change: set('manifest.layers', {}),
  },
  {
    name: 'manifest of an unusable subject',
    part: 'manifest',
    told: 'subject of manifest: DESCRIPTOR_INVALID',
    change: set('manifest.subject', 'x'),
  },
  {
    name: 'config of another media type',
    part: 'manifest',
    told: 'config: CONFIG_MEDIA_TYPE',
    change: set('manifest.config.mediaType', 'application/vnd.oci.empty.v1+json'),
  },
  { name: 'config missing', part: 'config', told: 'config: BLOB_MISSING', hides: BELOW_CONFIG, change: damaged('config', () => undefined) },
  {
    name: 'config with another digest',
    part: 'config',
    told: 'config: DIGEST_MISMATCH',
    change: damaged('config', (b) => text(new TextDecoder().decode(b).replace('"A=1"', '"A=2"'))),
  },
  { name: 'config one byte longer', part: 'config', told: 'config: SIZE_MISMATCH', change: damaged('config', spaced) },
  {
    name: 'config is no JSON',
    part: 'config',
    told: 'config: JSON_INVALID',
    hides: BELOW_CONFIG,
    change: set('bytes.config', text('[]')),
  },
  { name: 'config without an os', part: 'config', told: 'config: CONFIG_PLATFORM', change: set('config.os', undefined) },
  {
    name: 'config with a date that is none',
    part: 'config',
    told: 'config: DATE_INVALID',
    change: set('config.created', 'yesterday'),
  },
  { name: 'rootfs of another type', part: 'config', told: 'config: ROOTFS_TYPE', change: set('config.rootfs.type', 'tree') },
  {
    name: 'rootfs without diffIDs',
    part: 'diffIDs',
    told: 'config: ROOTFS_INVALID',
    change: set('config.rootfs.diff_ids', 'none'),
  },
  { name: 'Env that is a text', part: 'run', told: 'config: RUN_CONFIG_INVALID', change: set('config.config.Env', 'A=1') },
  { name: 'history that is no list', part: 'history', told: 'config: HISTORY_INVALID', change: set('config.history', { a: 1 }) },
  {
    name: 'history of one layer fewer',
    part: 'history',
    needs: ['diffIDs'],
    told: 'config: HISTORY_COUNT',
    change: set('config.history.3', undefined),
  },
  {
    name: 'history entry with odd values',
    part: 'history',
    told: 'history 1 of config: HISTORY_ENTRY',
    change: set('config.history.1.created_by', 5),
  },
  {
    name: 'history entry with a date that is none',
    part: 'history',
    told: 'history 3 of config: DATE_INVALID',
    change: set('config.history.3.created', '2024-13-01T00:00:00Z'),
  },
  {
    name: 'diffIDs in another order',
    part: 'diffIDs',
    needs: ['layer 0', 'layer 1'],
    told: 'layer 0: DIFF_ID_ORDER',
    change: diffIds(([a, b, c]) => [b, a, c]),
  },
  {
    name: 'a diffID of other bytes',
    part: 'diffIDs',
    needs: ['layer 2'],
    told: 'layer 2: DIFF_ID_MISMATCH',
    change: diffIds(([a, b]) => [a, b, sha256(text('x'))]),
  },
  {
    name: 'a diffID that is no digest',
    part: 'diffIDs',
    told: 'config: DIFF_ID_INVALID',
    change: diffIds(([a, b]) => [a, b, 'md5:1']),
  },
  {
    name: 'one diffID fewer',
    part: 'diffIDs',
    told: 'manifest: LAYER_COUNT',
    change: diffIds(([a, b]) => [a, b]),
  },
  { name: 'layer missing', part: 'layer 1', told: 'layer 1: BLOB_MISSING', change: damagedLayer(1, () => undefined) },
  {
    name: 'layer of another media type',
    part: 'layer 1',
    told: 'layer 1: LAYER_MEDIA_TYPE',
    change: set('manifest.layers.1.mediaType', 'application/x-tar'),
  },
  { name: 'layer without a size', part: 'layer 1', told: 'layer 1: DESCRIPTOR_SIZE', change: set('manifest.layers.1.size', -1) },
  {
    name: 'layer without a media type',
    part: 'layer 1',
    told: 'layer 1: DESCRIPTOR_MEDIA_TYPE',
    change: set('manifest.layers.1.mediaType', null),
  },
  { name: 'layer with a bit flipped', part: 'layer 1', told: 'layer 1: DIGEST_MISMATCH', change: damagedLayer(1, flip(600)) },
  {
    name: 'layer said to be gzip that is plain',
    part: 'layer 1',
    told: 'layer 1: COMPRESSION_MISMATCH',
    change: set('manifest.layers.1.mediaType', MEDIA.layerGzip),
  },
  {
    name: 'tar cut off inside a file',
    part: 'layer 1',
    told: 'layer 1: TAR_TRUNCATED',
    change: (p) => plainTar(p, p.tars[1]!.subarray(0, 1600)),
  },
  {
    name: 'tar with a wrong checksum',
    part: 'layer 1',
    told: 'layer 1: TAR_HEADER_INVALID',
    change: (p) => plainTar(p, flip(1)(p.tars[1]!)),
  },
  {
    name: 'member that climbs out',
    part: 'layer 1',
    told: 'layer 1: LAYER_PATH_CLIMBS',
    change: (p) =>
      plainTar(
        p,
        edited(p.tars[1]!, (header) => header.set(text('../up'))),
      ),
  },
  {
    name: 'link to what is not there',
    part: 'layer 0',
    told: 'layer 0: LAYER_LINK_TARGET',
    change: (p) => {
      p.tars[0] = edited(p.tars[0]!, (header) => header.set(text('nowhere\0'), 157), tarOffset(p.tars[0]!, 'etc/two'))
      p.packed[0] = new Uint8Array(gzipSync(p.tars[0]))
    },
  },
  {
    name: 'gzip cut off',
    part: 'layer 0',
    told: 'layer 0: COMPRESSION_INVALID',
    change: packing(0, (bytes) => bytes.subarray(0, 60)),
  },
  {
    name: 'gzip cut off, size and digest as before',
    part: 'layer 0',
    told: 'layer 0: SIZE_MISMATCH',
    change: damagedLayer(0, (bytes) => bytes.subarray(0, bytes.length - 9)),
  },
  {
    name: 'gzip with a wrong checksum',
    part: 'layer 0',
    told: 'layer 0: COMPRESSION_INVALID',
    change: packing(0, flip(-6)),
  },
  {
    name: 'layer that is another one',
    part: 'layer 0',
    needs: ['diffIDs', 'layer 1'],
    told: 'layer 0: DIFF_ID_ORDER',
    change: packing(0, () => new Uint8Array(gzipSync(tars[1]!))),
  },
  {
    name: 'zstd damaged',
    part: 'layer 2',
    told: 'layer 2: COMPRESSION_INVALID',
    change: packing(2, (bytes) => bytes.subarray(0, bytes.length - 5)),
  },
  {
    name: 'annotation of a layer that is a list',
    part: 'layer 2',
    told: 'layer 2: ANNOTATIONS_INVALID',
    change: set('manifest.layers.2.annotations', { a: [] }),
  },
]

/** Where the header of a member begins. */
function tarOffset(tar: Uint8Array, name: string): number {
  for (let at = 0; at < tar.length; at += 512)
    if (new TextDecoder().decode(tar.subarray(at, at + name.length + 1)) === `${name}\0`) return at
  throw new RangeError(name)
}

describe('validateBlobs', () => {
  it('finds nothing in a sound image', async () => {
    expect(await faultsOf(sound())).toEqual([])
  })

  it('has at least 40 corruptions to find', () => {
    expect(corruptions.length).toBeGreaterThanOrEqual(40)
    expect(new Set(corruptions.map(({ told }) => told)).size).toBeGreaterThanOrEqual(40)
  })

  it('names one fault for one cause', async () => {
    const unknown = sound()
    unknown.packed[1] = text('what nobody knows')
    set('manifest.layers.1.mediaType', 'application/vnd.example.unknown')(unknown)
    expect(await faultsOf(unknown)).toEqual(['layer 1: LAYER_MEDIA_TYPE'])
    for (const known of [true, false]) {
      const parts = sound()
      if (!known) set('manifest.layers.1.mediaType', 'application/vnd.example.unknown')(parts)
      const { source, root } = seal(parts)
      const blob: BlobSource['blob'] = async (descriptor) => {
        const content = await source.blob(descriptor)
        return content && descriptor.digest === sha256(parts.packed[1]!) ? breaking(content) : content
      }
      const found = (await validateBlobs({ blob }, root, { decompress })).map(({ code, subject }) => `${subject}: ${code}`)
      expect(found).toEqual([...(known ? [] : ['layer 1: LAYER_MEDIA_TYPE']), 'layer 1: SOURCE_BROKEN'])
    }
  })

  it.each(corruptions)('$name', async ({ told, change }) => {
    const parts = sound()
    change(parts)
    expect(await faultsOf(parts)).toContain(told)
  })

  fuzz(
    'names all of several at once',
    fc.asyncProperty(fc.shuffledSubarray([...corruptions], { minLength: 2, maxLength: 6 }), async (some) => {
      // one for each part, and none in what another one hides
      const chosen = some.filter(({ part }, i) => some.findIndex((other) => other.part === part) === i)
      const seen = chosen.filter(
        ({ part, needs }) =>
          !chosen.some((other) =>
            [part, ...(needs ?? [])].some((one) => other.hides?.includes(one) || (other.part === one && one !== part)),
          ),
      )
      const parts = sound()
      for (const { change } of seen) change(parts)
      const found = await faultsOf(parts)
      for (const { told } of seen) expect(found, seen.map(({ name }) => name).join(', ')).toContain(told)
    }),
    { share: 0.02 },
  )
})
