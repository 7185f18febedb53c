import { type Digest, isDigest } from '@layerwright/digest'
import type { CacheEntry, MaintainedStore } from '@layerwright/store'
import { LAYER_FORM_KIND, originalDigest } from './forms.js'
import { IMAGE_KIND, listImages } from './records.js'

/** What the images of a store mean to a collection. */
export interface ImageEntries {
  /** Blobs of the images that have a name: they stay. */
  readonly pinned: ReadonlySet<Digest>
  /** Images without a name, and compressed forms of layers: they may go. */
  readonly entries: readonly CacheEntry[]
}

/**
 * Tells what of a store's images may go. An image without a name is what is left of a build that was not tagged, or lost its name to the next one.
 * `used`: blobs that somebody else needs; an image among them stays, whether it has a name or not.
 */
export async function imageCacheEntries(store: MaintainedStore, used: ReadonlySet<Digest>): Promise<ImageEntries> {
  const pinned = new Set<Digest>()
  const nameless = new Map<Digest, readonly Digest[]>()
  for (const { digest, refs, manifest, config } of await listImages(store)) {
    const blobs = [digest, manifest.config.digest, ...config.rootfs.diff_ids]
    if (refs.length === 0 && !used.has(digest)) {
      nameless.set(digest, blobs)
      continue
    }
    for (const blob of blobs) pinned.add(blob)
    // Nobody could make the same bytes again as which a layer came.
    for (const diffId of config.rootfs.diff_ids) {
      const original = await originalDigest(store, diffId)
      if (original) pinned.add(original)
    }
  }
  const entries: CacheEntry[] = []
  for await (const { key, disk, usedMs } of store.records(IMAGE_KIND)) {
    const blobs = nameless.get(key as Digest)
    if (blobs) entries.push({ kind: IMAGE_KIND, key, disk, usedMs, blobs })
  }
  for await (const { key, disk, usedMs, value } of store.records(LAYER_FORM_KIND)) {
    const of = key.split(' ')[0]! // the diffID, and how the blob came to be
    const digest = digestIn(await value())
    if (isDigest(of) && digest && !pinned.has(digest)) entries.push({ kind: LAYER_FORM_KIND, key, disk, usedMs, blobs: [digest], of })
  }
  return { pinned, entries }
}

function digestIn(bytes: Uint8Array | undefined): Digest | undefined {
  try {
    const { digest } = JSON.parse(new TextDecoder().decode(bytes)) as { digest?: unknown }
    return typeof digest === 'string' && isDigest(digest) ? digest : undefined
  } catch {
    return undefined
  }
}
