import { createHasher, type Digest } from '@layerwright/digest'
import {
  applyLayer,
  type Compression,
  compressionOf,
  type Decompress,
  detectCompression,
  indexLayer,
  type LayerIndex,
  MAGIC_BYTES,
} from '@layerwright/layer'
import { type Content, emptySnapshot, zeroContent } from '@layerwright/vfs'
import type { Descriptor } from '../types.js'
import { codeOf, messageOf, type Report } from './report.js'

/** A layer with what manifest and config say of it; undefined is what they do not say. */
export interface ClaimedLayer {
  readonly subject: string
  readonly descriptor: Descriptor | undefined
  readonly diffId: Digest | undefined
  readonly content: () => Promise<Content | undefined>
}

/**
 * Reads layers, each once, and reports what is wrong: size, digest, compression, the tar and its members, the diffID and its place, and whether the layers can be applied
 * on each other.
 */
export async function checkLayers(layers: readonly ClaimedLayer[], decompress: Decompress, report: Report): Promise<void> {
  const actual: (Digest | undefined)[] = []
  const indexes: (LayerIndex | undefined)[] = []
  for (const layer of layers) {
    const { diffId, index } = await checkLayer(layer, decompress, report)
    actual.push(diffId)
    indexes.push(index)
  }
  for (const [i, { subject, diffId }] of layers.entries()) {
    const is = actual[i]
    if (is === undefined || diffId === undefined || is === diffId) continue
    const elsewhere = layers.findIndex((other) => other.diffId === is)
    if (elsewhere >= 0) report('DIFF_ID_ORDER', subject, `its tar has the diffID ${is}, which the config has at ${elsewhere}`)
    else report('DIFF_ID_MISMATCH', subject, `its tar has the digest ${is}, the config says ${diffId}`)
  }
  let tree = emptySnapshot()
  for (const [i, index] of indexes.entries()) {
    // on a layer that can't be read nothing can be applied with a meaning
    if (!index) return
    try {
      tree = applyLayer(tree, { diffId: index.diffId, blob: zeroContent(index.size), index })
    } catch (error) {
      report(codeOf(error, 'LAYER_UNREADABLE'), layers[i]!.subject, messageOf(error))
      return
    }
  }
}

interface Seen {
  /** Digest of the tar, where all of it could be read. */
  readonly diffId?: Digest
  /** Where its members could be read. */
  readonly index?: LayerIndex
}

async function checkLayer({ subject, descriptor, content, diffId }: ClaimedLayer, decompress: Decompress, report: Report): Promise<Seen> {
  const kind = descriptor && compressionOf(descriptor.mediaType)
  if (!descriptor) return {}
  if (kind === undefined) report('LAYER_MEDIA_TYPE', subject, `${descriptor.mediaType} is no media type of a layer`)
  let bytes: Content | undefined
  try {
    bytes = await content()
  } catch (error) {
    report(codeOf(error, 'BLOB_UNREADABLE'), subject, messageOf(error))
    return {}
  }
  if (!bytes) {
    report('BLOB_MISSING', subject, `there is no blob ${descriptor.digest}`)
    return {}
  }
  const reading = readOnce(bytes)
  // Of bytes that nobody knows, nothing is wrong where they are no tar: that is what the media type says.
  const seen = await readTar(reading, kind, subject, diffId, decompress, kind === undefined ? () => {} : report)
  try {
    await reading.rest()
  } catch (error) {
    // Once, whoever has met it first.
    report(codeOf(error, 'BLOB_UNREADABLE'), subject, messageOf(error))
    return {}
  }
  const { size, digest } = reading.seen()
  if (size !== descriptor.size) report('SIZE_MISMATCH', subject, `it has ${size} bytes, its descriptor says ${descriptor.size}`)
  if (digest !== descriptor.digest)
    report('DIGEST_MISMATCH', subject, `its bytes have the digest ${digest}, its descriptor says ${descriptor.digest}`)
  return seen
}

async function readTar(
  reading: ReturnType<typeof readOnce>,
  said: Compression | undefined,
  subject: string,
  claimed: Digest | undefined,
  decompress: Decompress,
  report: Report,
): Promise<Seen> {
  const tar = createHasher()
  let whole = false
  async function* plain(kind: Compression): AsyncGenerator<Uint8Array> {
    for await (const chunk of decompress(reading.bytes(), kind)) {
      tar.update(chunk)
      yield chunk
    }
    whole = true
  }
  try {
    const kind = detectCompression(await reading.first(MAGIC_BYTES))
    if (said !== undefined && kind !== said) report('COMPRESSION_MISMATCH', subject, `its media type says ${said}, its bytes are ${kind}`)
    const source = plain(kind)
    try {
      // a diffID that is known keeps it from hashing the tar a second time
      const index = await indexLayer(source, { diffId: claimed ?? NO_DIGEST })
      return { index, ...(whole ? { diffId: tar.digest() } : {}) }
    } catch (error) {
      if (!reading.broken()) report(codeOf(error, 'LAYER_UNREADABLE'), subject, messageOf(error))
      return {}
    }
  } catch (error) {
    if (!reading.broken()) report(codeOf(error, 'BLOB_UNREADABLE'), subject, messageOf(error))
    return {}
  }
}

const NO_DIGEST: Digest = `sha256:${'0'.repeat(64)}`

/** Bytes that are hashed and counted on their way, all of them in the end, whoever stopped reading in between. */
function readOnce(content: Content) {
  const chunks = content.stream()[Symbol.asyncIterator]()
  const hasher = createHasher()
  let size = 0
  let held: Uint8Array = new Uint8Array(0)
  let broken: { readonly error: unknown } | undefined
  const next = async (): Promise<Uint8Array | undefined> => {
    // A source that failed once gives an end when it is asked again, as if that were all.
    if (broken) throw broken.error
    let read: IteratorResult<Uint8Array>
    try {
      read = await chunks.next()
    } catch (error) {
      broken = { error }
      throw error
    }
    const { done, value } = read
    if (done) return undefined
    hasher.update(value)
    size += value.length
    return value
  }
  return {
    /** The first bytes, which are given again. */
    async first(count: number): Promise<Uint8Array> {
      while (held.length < count) {
        const chunk = await next()
        if (!chunk) break
        const longer = new Uint8Array(held.length + chunk.length)
        longer.set(held)
        longer.set(chunk, held.length)
        held = longer
      }
      return held
    },
    async *bytes(): AsyncGenerator<Uint8Array> {
      if (held.length > 0) yield held
      for (let chunk = await next(); chunk; chunk = await next()) yield chunk
    },
    async rest(): Promise<void> {
      while (await next());
    },
    /** Whether the source failed. */
    broken: () => broken !== undefined,
    seen: () => ({ size, digest: hasher.digest() }),
  }
}
