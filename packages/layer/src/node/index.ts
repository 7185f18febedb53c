import type { Content } from '@layerwright/vfs'
import { type ImportOptions, importLayer as importWith, type Layer, type LayerStore } from '../index.js'
import { decompress } from './decompress.js'

export { decompress } from './decompress.js'
export { compressGzip } from './gzip.js'
export { packTree, readTarStream } from './tar-stream.js'
export { compressZstd } from './zstd.js'

/** As `importLayer` of the main entry, with the decoders of Node. */
export const importLayer = (store: LayerStore, content: Content, options: ImportOptions = {}): Promise<Layer> =>
  importWith(store, content, { decompress, ...options })
