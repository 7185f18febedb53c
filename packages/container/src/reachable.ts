import type { Digest } from '@layerwright/digest'
import { loadImage } from '@layerwright/image'
import type { EngineContext } from './context.js'
import { listContainers, listVolumes } from './state/records.js'

/**
 * Every blob that a container or a volume needs: their layers, and the images that containers stand on, also those that lost their
 * names. What images need on their own account is not here.
 */
export async function reachableBlobs({ store }: EngineContext, without: ReadonlySet<string> = new Set()): Promise<Set<Digest>> {
  const reachable = new Set<Digest>()
  const add = (digest: Digest | null): void => {
    if (digest !== null) reachable.add(digest)
  }
  for (const { tree } of await listVolumes(store)) add(tree.diffId)
  for (const { id, image, upper, scratch } of await listContainers(store)) {
    if (without.has(id)) continue
    add(upper.diffId)
    for (const [, tree] of scratch) add(tree.diffId)
    if (reachable.has(image)) continue
    const { manifest, config } = await loadImage(store, image)
    for (const digest of [image, manifest.config.digest, ...config.rootfs.diff_ids]) reachable.add(digest)
  }
  return reachable
}
