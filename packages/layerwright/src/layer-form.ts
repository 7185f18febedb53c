import type { CacheTo } from '@layerwright/build'
import { type LayerCompression, layerForms } from '@layerwright/image'
import { compressors } from '@layerwright/image/node'
import type { Store } from '@layerwright/store'
