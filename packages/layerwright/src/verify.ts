import { cachedSteps, isRecordOf, STEP_KIND } from '@layerwright/build'
import { createHasher, isDigest } from '@layerwright/digest'
import { imageCacheEntries, listImages } from '@layerwright/image'
import { detectCompression, LAYER_INDEX_KIND, MAGIC_BYTES, verifyIndex } from '@layerwright/layer'
import { decompress } from '@layerwright/layer/node'
import type { MaintainedStore, StoreFault, VerifyOptions } from '@layerwright/store'

/** Something wrong with a store, or with what is in it. */
export interface Fault {
  readonly code: StoreFault['code'] | 'INDEX_WRONG' | 'FORM_WRONG' | 'STEP_WRONG' | 'IMAGE_INCOMPLETE'
  readonly subject: string
  readonly message: string
  readonly repaired: boolean
}

export interface VerifiedStore {
  readonly faults: readonly Fault[]
  readonly blobs: number
  /** Of the blobs. */
  readonly bytes: number
}

/**
 * Reads all of a store and names all that is wrong: bytes that are not what their name says, indexes and compressed forms that are not those of their layer,
 * step results that do not belong to their key, images that lack a blob. `repair` removes or rebuilds what can be made again; what an image lacks
 * has to be built or pulled again.
 */
export async function verifyStore(store: MaintainedStore, options: VerifyOptions = {}): Promise<VerifiedStore> {
  const { repair = false, signal } = options
  const faults: Fault[] = [...(await store.verify(options))]
  const add = (code: Fault['code'], subject: string, message: string, repaired: boolean) =>
    void faults.push({ code, subject, message, repaired })
  for (const diffId of await store.recordKeys(LAYER_INDEX_KIND)) {
    signal?.throwIfAborted()
    if (!isDigest(diffId) || (await verifyIndex(store, diffId, { repair })) === 'right') continue
    add('INDEX_WRONG', diffId, 'the index of this layer does not describe it', repair)
  }
  for (const { kind, key, of, blobs } of (await imageCacheEntries(store, new Set())).entries) {
    signal?.throwIfAborted()
    const blob = of && blobs[0] && (await store.blob(blobs[0]))
    if (!blob || (await isFormOf(blob, of))) continue
    if (repair) await store.deleteRecord(kind, key)
    add('FORM_WRONG', key, `${blob.digest} is not the compressed form of this layer`, repair)
  }
  for await (const { key, record } of cachedSteps(store)) {
    if (isRecordOf(key, record)) continue
    if (repair) await store.deleteRecord(STEP_KIND, key)
    add('STEP_WRONG', key, 'the inputs of this result do not give its key', repair)
  }
  for (const { digest, refs, config } of await listImages(store)) {
    for (const diffId of config.rootfs.diff_ids) {
      if (await store.blob(diffId)) continue
      add('IMAGE_INCOMPLETE', refs[0] ?? digest, `its layer ${diffId} is not in the store: build or pull it again`, false)
    }
  }
  let [blobs, bytes] = [0, 0]
  for await (const { size } of store.blobs()) {
    blobs++
    bytes += size
  }
  return { faults, blobs, bytes }
}

async function isFormOf(
  blob: { readonly size: number; stream(start?: number, end?: number): AsyncIterable<Uint8Array> },
  diffId: string,
): Promise<boolean> {
  const hasher = createHasher()
  try {
    let first = new Uint8Array(0)
    for await (const chunk of blob.stream(0, Math.min(blob.size, MAGIC_BYTES))) first = new Uint8Array([...first, ...chunk])
    for await (const chunk of decompress(blob.stream(), detectCompression(first))) hasher.update(chunk)
  } catch {
    return false // what can't be unpacked is nothing's form
  }
  return hasher.digest() === diffId
}
