import { type Digest, isDigest, sha256 } from '@layerwright/digest'
import { openLayer } from '@layerwright/layer'
import type { Store } from '@layerwright/store'
import { parseConfig, parseDocument } from './documents.js'
import { ImageError } from './errors.js'
import { originalDigest } from './forms.js'
import { canonicalJson, parseObject } from './json.js'
import { storedImage } from './make.js'
import { parseReference } from './reference.js'
import type { ImageConfig, Manifest, StoredImage } from './types.js'
import { checkDigest } from './verify.js'

/** Kinds of the store's records: images by manifest digest, and names that point to them. */
export const IMAGE_KIND = 'image'
export const TAG_KIND = 'image-tag'

/** An image of a store, without its layers opened. */
export interface ImageSummary {
  readonly digest: Digest
  /** Digest of the config, which Docker calls the image's id. */
  readonly configDigest: Digest
  /** Full names, sorted; none for an image that lost its name. */
  readonly refs: readonly string[]
  readonly config: ImageConfig
  readonly manifest: Manifest
  /** Bytes of its layers, uncompressed. */
  readonly size: number
}

/** Keeps an image in a store: its config and manifest as blobs, and a record by its digest. Its layers are there already. */
export async function putImage(store: Store, image: StoredImage): Promise<void> {
  for (const bytes of [image.configBytes, image.manifestBytes]) {
    const writer = store.writer()
    try {
      writer.write(bytes)
      await writer.commit()
    } finally {
      writer.abort()
    }
  }
  const record = canonicalJson({ config: image.manifest.config.digest })
  const there = await store.record(IMAGE_KIND, image.digest)
  if (!there || !sameBytes(there, record)) await store.putRecord(IMAGE_KIND, image.digest, record)
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

/**
 * Keeps an image and gives it a name; whatever had the name loses it. Several images (one a platform) may share a name: the first is what the name means where one image is
 * wanted. Gives the full name.
 * @throws InvalidReferenceError
 */
export async function tagImage(store: Store, reference: string, image: StoredImage | readonly StoredImage[]): Promise<string> {
  const name = tagName(reference)
  const images = 'layers' in image ? [image] : image
  const first = images[0]
  if (!first) throw new ImageError('IMAGE_NOT_FOUND', reference, `There is no image that ${reference} could name`)
  for (const one of images) await putImage(store, one)
  const others = images.length > 1 ? { images: images.map(({ digest }) => digest) } : {}
  await store.putRecord(TAG_KIND, name, canonicalJson({ digest: first.digest, ...others }))
  return name
}

/** Takes a name away; gives whether it was there. The image stays. @throws InvalidReferenceError */
export async function untag(store: Store, reference: string): Promise<boolean> {
  const name = tagName(reference)
  const there = (await store.record(TAG_KIND, name)) !== undefined
  await store.deleteRecord(TAG_KIND, name)
  return there
}

/** Forgets an image and all its names; blobs go with the next collection. */
export async function removeImage(store: Store, digest: Digest): Promise<void> {
  for (const [name, target] of await tags(store)) if (target === digest) await store.deleteRecord(TAG_KIND, name)
  await store.deleteRecord(IMAGE_KIND, digest)
}

/** A name without its digest part: a digest says which image, a name is what points to it. */
function tagName(reference: string): string {
  const { registry, repository, tag } = parseReference(reference)
  return `${registry}/${repository}:${tag ?? 'latest'}`
}

/**
 * The image with a name, or with a digest that begins so (of its manifest or of its config, with or without `sha256:`; hex digits, at least 4 of them).
 * A name wins over a digest. undefined: there is none.
 * @throws InvalidReferenceError where the text can be neither; ImageError IMAGE_AMBIGUOUS, BLOB_MISSING
 */
export async function findImage(store: Store, refOrDigest: string): Promise<StoredImage | undefined> {
  const digest = await resolveImage(store, refOrDigest)
  return digest && loadImage(store, digest)
}

/** All images of a name, one for each platform that it was built for; of a digest the one. Empty: there is none. @throws as `findImage` */
export async function findImages(store: Store, refOrDigest: string): Promise<StoredImage[]> {
  const first = await resolveImage(store, refOrDigest)
  if (!first) return []
  const named = (await tags(store)).filter(([name]) => name === nameIfAny(refOrDigest)).map(([, digest]) => digest)
  return Promise.all((named.includes(first) ? named : [first]).map((digest) => loadImage(store, digest)))
}

function nameIfAny(refOrDigest: string): string | undefined {
  try {
    return tagName(refOrDigest)
  } catch {
    return undefined
  }
}

/** As `findImage`, but only the manifest's digest: opens nothing. */
export async function resolveImage(store: Store, refOrDigest: string): Promise<Digest | undefined> {
  const hex = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(refOrDigest)?.[1]
  const isName = !isDigest(refOrDigest) && !(hex && refOrDigest.includes(':')) && hex?.length !== 64
  if (isName) {
    const reference = parseReference(refOrDigest)
    if (reference.digest) {
      if (await store.record(IMAGE_KIND, reference.digest)) return reference.digest
    } else {
      const record = await store.record(TAG_KIND, reference.full)
      if (record) return parseObject(record, `tag ${reference.full}`).digest as Digest
    }
  }
  if (!hex) return undefined
  if (hex.length === 64 && (await store.record(IMAGE_KIND, `sha256:${hex}`))) return `sha256:${hex}`
  const matches: Digest[] = []
  for (const key of await store.recordKeys(IMAGE_KIND)) {
    const record = await store.record(IMAGE_KIND, key)
    if (!record) continue
    const config = parseObject(record, `image ${key}`).config as string
    // prefix-ok: hex digits of a digest, no path
    if ([key, config].some((one) => one.slice(7, 7 + hex.length) === hex)) matches.push(key as Digest)
  }
  if (matches.length > 1)
    throw new ImageError(
      'IMAGE_AMBIGUOUS',
      refOrDigest,
      `${refOrDigest} is the beginning of ${matches.length} digests (${matches.join(', ')}): write more of it`,
    )
  return matches[0]
}

async function documents(store: Store, digest: Digest) {
  const manifestBytes = await bytesOf(store, digest)
  const document = parseDocument(manifestBytes, `manifest ${digest}`)
  if (!('manifest' in document)) throw new ImageError('DOCUMENT_INVALID', digest, `${digest} is an index where a manifest is expected`)
  const { manifest } = document
  const configBytes = await bytesOf(store, manifest.config.digest)
  return { digest, manifest, manifestBytes, config: parseConfig(configBytes, `config ${manifest.config.digest}`), configBytes }
}

async function bytesOf(store: Store, digest: Digest): Promise<Uint8Array> {
  const blob = await store.blob(digest)
  if (!blob) throw missing(digest)
  const bytes = new Uint8Array(blob.size)
  let at = 0
  for await (const chunk of blob.stream()) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  checkDigest(digest, sha256(bytes))
  return bytes
}

const missing = (digest: Digest) =>
  new ImageError('BLOB_MISSING', digest, `The store lacks the blob ${digest}: it was removed; build or import the image again`)

/** An image of the store by its manifest's digest, layers opened. @throws ImageError BLOB_MISSING, DIGEST_MISMATCH */
export async function loadImage(store: Store, digest: Digest): Promise<StoredImage> {
  const found = await documents(store, digest)
  const layers = await Promise.all(
    found.config.rootfs.diff_ids.map(async (diffId) => {
      const layer = await openLayer(store, diffId)
      if (!layer) throw missing(diffId)
      return layer
    }),
  )
  return storedImage(found, layers)
}

/** Every image of a store, by name, the nameless last. One whose documents are gone is left out. */
export async function listImages(store: Store): Promise<ImageSummary[]> {
  const names = await tags(store)
  const summaries: ImageSummary[] = []
  for (const digest of (await store.recordKeys(IMAGE_KIND)) as Digest[]) {
    const found = await documents(store, digest).catch((error: unknown) => {
      if (error instanceof ImageError && error.code === 'BLOB_MISSING') return undefined
      throw error
    })
    if (!found) continue
    summaries.push({
      digest,
      configDigest: found.manifest.config.digest,
      refs: names.filter(([, target]) => target === digest).map(([name]) => name),
      config: found.config,
      manifest: found.manifest,
      size: found.manifest.layers.reduce((sum, layer) => sum + layer.size, 0),
    })
  }
  return summaries.sort(
    (a, b) => Number(a.refs.length === 0) - Number(b.refs.length === 0) || ((a.refs[0] ?? a.digest) < (b.refs[0] ?? b.digest) ? -1 : 1),
  )
}

async function tags(store: Store): Promise<[name: string, digest: Digest][]> {
  const found: [string, Digest][] = []
  for (const name of await store.recordKeys(TAG_KIND)) {
    const record = await store.record(TAG_KIND, name)
    if (!record) continue
    const { digest, images } = parseObject(record, `tag ${name}`)
    for (const one of Array.isArray(images) ? images : [digest]) found.push([name, one as Digest])
  }
  return found
}

/**
 * Digests of all blobs that the images of a store need: what a collection must keep. The compressed blobs as which layers came are among them, because nobody could make
 * the same bytes again; those that were made here are not.
 */
export async function imageBlobs(store: Store): Promise<Set<Digest>> {
  const reachable = new Set<Digest>()
  for (const { digest, manifest, config } of await listImages(store)) {
    for (const one of [digest, manifest.config.digest, ...config.rootfs.diff_ids]) reachable.add(one)
    for (const diffId of config.rootfs.diff_ids) {
      const original = await originalDigest(store, diffId)
      if (original) reachable.add(original)
    }
  }
  return reachable
}
