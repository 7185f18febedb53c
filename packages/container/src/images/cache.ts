import type { Digest } from '@layerwright/digest'
import { loadImage, type StoredImage } from '@layerwright/image'
import { applyLayer } from '@layerwright/layer'
import { emptySnapshot, type Snapshot } from '@layerwright/vfs'
import type { ContainerStore } from '../context.js'
import { withStandIns } from '../engine-files.js'

/** An image as containers stand on it. */
export interface ContainerImage {
  readonly image: StoredImage
  /** The tree of its layers. */
  readonly tree: Snapshot
  /** The image's tree with the engine's stand-ins: the lower tree of its containers. */
  readonly lower: Snapshot
}

/** Images by manifest digest, each opened once: making a container costs no tree. */
export interface ImageCache {
  /** By the manifest's digest, whether it still has a name or not. @throws ImageError BLOB_MISSING */
  open(digest: Digest): Promise<ContainerImage>
}

/** How many trees are kept; older ones are built again from their indexes. */
const KEPT = 32

export function createImageCache(store: ContainerStore): ImageCache {
  const opened = new Map<Digest, Promise<ContainerImage>>()
  const open = async (digest: Digest): Promise<ContainerImage> => {
    const image = await loadImage(store, digest)
    const tree = image.unpacked.reduce<Snapshot>((lower, layer) => applyLayer(lower, layer), emptySnapshot())
    return { image, tree, lower: withStandIns(tree) }
  }
  return {
    open(digest) {
      const known = opened.get(digest) ?? open(digest)
      opened.delete(digest)
      opened.set(digest, known)
      known.catch(() => opened.delete(digest))
      if (opened.size > KEPT) opened.delete(opened.keys().next().value!)
      return known
    },
  }
}
