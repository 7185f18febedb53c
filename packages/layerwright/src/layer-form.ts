import type { CacheTo } from '@layerwright/build'
import { type LayerCompression, layerForms } from '@layerwright/image'
import { compressors } from '@layerwright/image/node'
import type { Store } from '@layerwright/store'

/** How layers travel to a cache: compressed once, and the result kept in the store. @throws ImageError COMPRESSION_UNUSABLE */
export const layerForm = (store: Store, compression: LayerCompression, level: number | undefined): NonNullable<CacheTo['form']> =>
  layerForms(store, { compression, compressors, ...(level === undefined ? {} : { level }) })
