import type { Digest } from '@layerwright/digest'
import type { Content, LayerChange } from '@layerwright/vfs'
import { indexLayer, scanIndex } from './columns/build.js'
import { decodeIndex, encodeIndex } from './columns/codec.js'
import { sameIndex } from './columns/foreign.js'
import { makeIndex } from './columns/index.js'
import { IndexFormatError } from './errors.js'
import type { LayerLimits } from './limits.js'
import { isSync } from './tar/scan.js'
import type { Layer, LayerIndex, LayerStore } from './types.js'
import { type WriteOptions, writeMembers } from './write/layer.js'

/** Kind of the store's records that hold sidecar indexes; the key is the diffID. */
export const LAYER_INDEX_KIND = 'layer-index'

/**
 * Writes changes as a layer into a store: one tar blob, hashed once, and its sidecar index. Nothing is left behind when it fails.
 * @throws LayerError, ContentSizeError, and what the store throws
 */
export async function storeLayer(store: LayerStore, changes: Iterable<LayerChange>, options: WriteOptions = {}): Promise<Layer> {
  return (await draftLayer(store, changes, options)).commit()
}

/** A layer that is written, but that nobody finds in the store before `commit`. One of the two has to be called. */
export interface LayerDraft {
  /** @throws what the store throws; nothing is left behind then */
  commit(): Promise<Layer>
  /** Leaves nothing behind. */
  abort(): void
}

/**
 * As `storeLayer`, for somebody who decides later whether it is wanted: the digests of its files are known by then.
 * @throws LayerError, ContentSizeError, and what the store throws
 */
export async function draftLayer(store: LayerStore, changes: Iterable<LayerChange>, options: WriteOptions = {}): Promise<LayerDraft> {
  const writer = store.writer()
  const orLeaveNothing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      writer.abort()
      throw error
    }
  }
  const { columns, size } = await orLeaveNothing(() => writeMembers(changes, (bytes) => writer.write(bytes), options))
  return {
    commit: () =>
      orLeaveNothing(async () => {
        const blob = await writer.commit({ size })
        const index = makeIndex(blob.digest, size, columns)
        await store.putRecord(LAYER_INDEX_KIND, blob.digest, encodeIndex(index))
        return { diffId: blob.digest, blob, index }
      }),
    abort: () => writer.abort(),
  }
}

/**
 * A layer of the store, or undefined. A sidecar index that is missing or broken is rebuilt from the tar.
 * @throws what the store throws for a blob of a wrong size
 */
export async function openLayer(store: LayerStore, diffId: Digest, limits: Partial<LayerLimits> = {}): Promise<Layer | undefined> {
  const index = usable(await store.record(LAYER_INDEX_KIND, diffId), diffId)
  const blob = await store.blob(diffId, index?.size)
  if (!blob) return undefined
  if (index) return { diffId, blob, index }
  const rebuilt = await indexLayer(blob, { diffId, limits })
  await store.putRecord(LAYER_INDEX_KIND, diffId, encodeIndex(rebuilt))
  return { diffId, blob, index: rebuilt }
}

/**
 * As `openLayer`, of a blob that is at hand, but the index is made only when it is first asked for, from the headers of the tar: for who passes a layer on and will probably
 * not look into it. Files of such an index have no digest until somebody works it out. A store whose blobs can't be read at once gives what `openLayer` does.
 */
export async function openLayerLazily(store: LayerStore, blob: Content & { readonly digest: Digest }): Promise<Layer | undefined> {
  const diffId = blob.digest
  if (!isSync(blob)) return openLayer(store, diffId)
  let index: LayerIndex | undefined
  return {
    diffId,
    blob,
    get index() {
      index ??= scanIndex(blob, diffId)
      return index
    },
  }
}

function usable(bytes: Uint8Array | undefined, diffId: Digest): LayerIndex | undefined {
  if (!bytes) return undefined
  try {
    const index = decodeIndex(bytes)
    return index.diffId === diffId ? index : undefined
  } catch (error) {
    if (error instanceof IndexFormatError) return undefined
    throw error
  }
}

/**
 * Compares a layer's sidecar index with its tar, which is read whole: members, offsets, and the digest of every file that the index has one for. `repair` writes it anew where
 * it is wrong. A layer without an index is right: one is made when somebody needs it.
 * @throws TarError, LayerError, LayerLimitError for a tar that can't be indexed
 */
export async function verifyIndex(
  store: LayerStore,
  diffId: Digest,
  options: { readonly repair?: boolean } = {},
): Promise<'right' | 'wrong'> {
  const [bytes, blob] = [await store.record(LAYER_INDEX_KIND, diffId), await store.blob(diffId)]
  if (!bytes || !blob) return 'right'
  const rebuilt = await indexLayer(blob, { diffId, digests: true })
  const index = usable(bytes, diffId)
  if (index && sameIndex(index, rebuilt)) return 'right'
  if (options.repair) await store.putRecord(LAYER_INDEX_KIND, diffId, encodeIndex(rebuilt))
  return 'wrong'
}
