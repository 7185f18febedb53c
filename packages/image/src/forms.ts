import { type Digest, isDigest } from '@layerwright/digest'
import { compressionOf } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { ImageError } from './errors.js'
import { canonicalJson, parseObject } from './json.js'
import { MEDIA } from './media-types.js'
import type { Descriptor, ImageLayer } from './types.js'

/** How layers are compressed that are to travel; `none` leaves each as it is. */
export type LayerCompression = 'none' | 'gzip' | 'zstd'

/** Turns plain bytes into compressed ones. */
export type Compress = (input: AsyncIterable<Uint8Array>, level: number) => AsyncIterable<Uint8Array>

/** What compresses, by form. The `compressors` of `/node` know both and use several threads. */
export interface Compressors {
  readonly gzip: Compress
  readonly zstd?: Compress
}

export interface FormOptions {
  readonly compression: LayerCompression
  /** gzip: 1 to 9, default 6; zstd: 1 to 19, default 3. */
  readonly level?: number
  /** Default: gzip by the platform's `CompressionStream`, which knows no levels and takes 6. */
  readonly compressors?: Compressors
}

/** A layer as it travels. */
export type LayerForm = Pick<ImageLayer, 'descriptor' | 'content'>

/** Kind of the store's records that say as which compressed blob a layer travels; the key is its diffID and how the blob came to be. */
export const LAYER_FORM_KIND = 'layer-form'

/** What is needed of a store here. */
type FormStore = Pick<Store, 'writer' | 'record' | 'putRecord' | 'touch' | 'blob'>

const LEVELS = { gzip: { most: 9, usual: 6 }, zstd: { most: 19, usual: 3 } } as const
const TYPES = { gzip: MEDIA.layerGzip, zstd: MEDIA.layerZstd } as const
type Kind = keyof typeof TYPES

/**
 * Gives layers as they are to travel. An uncompressed one that came compressed from elsewhere goes as it came, whatever its form (what `force-compression=false` says to
 * BuildKit); any other is compressed, once: the result is kept in the store by diffID and level. A layer that is asked for twice at a time is compressed once.
 * @throws ImageError COMPRESSION_UNUSABLE for a level that there is not, or a form that nothing given here can make; from what it gives, what the layer's content throws
 */
export function layerForms(store: FormStore, options: FormOptions): (layer: ImageLayer) => Promise<LayerForm> {
  const { compression, compressors = { gzip: portableGzip } } = options
  if (compression === 'none') return async (layer) => layer
  const level = checkLevel(compression, options.level)
  const compress = compressors[compression]
  if (!compress)
    throw new ImageError(
      'COMPRESSION_UNUSABLE',
      compression,
      `There is nothing here that writes ${compression}: hand in compressors that do, or use gzip`,
    )
  const running = new Map<Digest, Promise<LayerForm>>()
  const made = async (layer: ImageLayer): Promise<LayerForm> =>
    (await originalForm(store, layer)) ?? compressed(store, layer, compression, level, compress)
  return (layer) => {
    if (compressionOf(layer.descriptor.mediaType) !== 'none') return Promise.resolve(layer)
    const found = running.get(layer.diffId) ?? made(layer)
    running.set(layer.diffId, found)
    return found
  }
}

function checkLevel(kind: Kind, level: number = LEVELS[kind].usual): number {
  const { most } = LEVELS[kind]
  if (Number.isInteger(level) && level >= 1 && level <= most) return level
  throw new ImageError('COMPRESSION_UNUSABLE', kind, `${level} is no level of ${kind}: write a number from 1 to ${most}`)
}

async function compressed(store: FormStore, layer: ImageLayer, kind: Kind, level: number, compress: Compress): Promise<LayerForm> {
  const key = `${layer.diffId} ${kind} ${level}`
  const kept = await keptForm(store, key, layer)
  if (kept) return kept
  const writer = store.writer()
  try {
    for await (const chunk of compress(layer.content.stream(), level)) writer.write(chunk)
    const blob = await writer.commit()
    await putForm(store, key, kind, blob)
    return described(layer.descriptor, kind, blob.digest, blob)
  } finally {
    writer.abort()
  }
}

const originalKey = (diffId: Digest): string => `${diffId} original`

/** The compressed blob as which a layer came here, where the store has it. */
const originalForm = (store: FormStore, layer: ImageLayer): Promise<LayerForm | undefined> =>
  keptForm(store, originalKey(layer.diffId), layer)

/** Remembers as which compressed blob of the store a layer came. */
export const putOriginal = (
  store: FormStore,
  diffId: Digest,
  kind: Kind,
  blob: { readonly digest: Digest; readonly size: number },
): Promise<void> => putForm(store, originalKey(diffId), kind, blob)

/** Digest of the compressed blob as which a layer came, whether the store still has it or not. */
export const originalDigest = async (store: FormStore, diffId: Digest): Promise<Digest | undefined> =>
  (await formRecord(store, originalKey(diffId)))?.digest

const putForm = (
  store: FormStore,
  key: string,
  kind: Kind,
  { digest, size }: { readonly digest: Digest; readonly size: number },
): Promise<void> => store.putRecord(LAYER_FORM_KIND, key, canonicalJson({ digest, kind, size }))

async function keptForm(store: FormStore, key: string, layer: ImageLayer): Promise<LayerForm | undefined> {
  const record = await formRecord(store, key)
  const blob = record && (await store.blob(record.digest, record.size))
  if (blob) await store.touch(LAYER_FORM_KIND, key)
  return blob && described(layer.descriptor, record.kind, record.digest, blob)
}

interface FormRecord {
  readonly digest: Digest
  readonly kind: Kind
  readonly size: number
}

/** A record that says something else than it should counts as none: what it is about can be made again. */
async function formRecord(store: FormStore, key: string): Promise<FormRecord | undefined> {
  const bytes = await store.record(LAYER_FORM_KIND, key)
  if (!bytes) return undefined
  const { digest, kind, size } = parseObject(bytes, `record ${key}`)
  if (typeof digest !== 'string' || !isDigest(digest) || !Number.isSafeInteger(size)) return undefined
  return kind === 'gzip' || kind === 'zstd' ? { digest, kind, size: size as number } : undefined
}

function described({ annotations }: Descriptor, kind: Kind, digest: Digest, content: LayerForm['content']): LayerForm {
  return { descriptor: { mediaType: TYPES[kind], digest, size: content.size, ...(annotations ? { annotations } : {}) }, content }
}

async function* portableGzip(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = new CompressionStream('gzip')
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  let failure: { readonly error: unknown } | undefined
  const feeding = (async () => {
    try {
      for await (const chunk of input) {
        await writer.ready
        // a copy, because the stream holds on to the chunk after it has taken it
        await writer.write(new Uint8Array(chunk))
      }
      await writer.close()
    } catch (error) {
      failure ??= { error }
      await writer.abort(error).catch(() => {})
    }
  })()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield value
    }
  } catch (error) {
    throw failure?.error ?? error
  } finally {
    await reader.cancel().catch(() => {})
    await feeding
  }
  if (failure) throw failure.error
}
