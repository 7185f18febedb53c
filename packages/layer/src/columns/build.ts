import { createHasher, type Digest } from '@layerwright/digest'
import type { Content } from '@layerwright/vfs'
import { type LayerLimits, layerLimits } from '../limits.js'
import { isSync, type SyncContent, scanHeaders } from '../tar/scan.js'
import { StreamScanner } from '../tar/stream.js'
import type { LayerIndex } from '../types.js'
import { ColumnsBuilder } from './builder.js'
import { collectMember } from './collect.js'
import { makeIndex } from './index.js'
import { collectPlain } from './plain.js'

export interface IndexOptions {
  readonly limits?: Partial<LayerLimits>
  /** Compute the sha256 of every file. Default false: digests are computed when somebody asks. */
  readonly digests?: boolean
  /** The diffID, where the caller knows it (a store's blob is named by it); otherwise it is computed, or taken from the content's `digest`. */
  readonly diffId?: Digest
}

/**
 * The index of an uncompressed layer tar. With a known diffID, no digests wanted and a content that reads at once, it costs a scan of the
 * headers; otherwise one pass over the bytes.
 * @throws TarError, LayerError, LayerLimitError
 */
export async function indexLayer(blob: Content | AsyncIterable<Uint8Array>, options: IndexOptions = {}): Promise<LayerIndex> {
  const limits = { ...layerLimits, ...options.limits }
  const content = 'stream' in blob ? blob : undefined
  const known = options.diffId ?? (content?.digest as Digest | undefined)
  if (content && known && !options.digests && isSync(content)) return scanIndex(content, known, limits)
  const builder = new ColumnsBuilder()
  const scanner = new StreamScanner(limits, options.digests ?? false, (member, digest) => collectMember(builder, member, digest, limits))
  const hasher = known ? undefined : createHasher()
  let size = 0
  for await (const chunk of content ? content.stream() : (blob as AsyncIterable<Uint8Array>)) {
    scanner.write(chunk)
    hasher?.update(chunk)
    size += chunk.length
  }
  scanner.end()
  return makeIndex(known ?? hasher!.digest(), size, builder.finish())
}

/** Bytes that a member takes in a layer of many. */
const USUAL_SIZE = 4096

/** The index of a layer that can be read at once and whose diffID is known. @throws TarError, LayerError, LayerLimitError */
export function scanIndex(blob: SyncContent, diffId: Digest, limits: LayerLimits = layerLimits): LayerIndex {
  const builder = new ColumnsBuilder(blob.size / USUAL_SIZE)
  scanHeaders(
    blob,
    (member) => collectMember(builder, member, undefined, limits),
    limits,
    (header, bytes, words, at, offset) => collectPlain(builder, header, bytes, words, at, offset, limits),
  )
  return makeIndex(diffId, blob.size, builder.finish())
}
