import type { Digest } from '@layerwright/digest'
import type { Store } from '@layerwright/store'

/** What a store can do that knows of layers elsewhere. */
export interface Bringing {
  /** Brings the layers among these that are only known of yet, several at once. @throws CacheLayerError */
  bring(diffIds: Iterable<Digest>): Promise<void>
}

/** Has layers here whose bytes are going to be read, where a store only knows of them. @throws CacheLayerError */
export const bringLayers = async (store: Store & Partial<Bringing>, diffIds: Iterable<Digest>): Promise<void> => store.bring?.(diffIds)
