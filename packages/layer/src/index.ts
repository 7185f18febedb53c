export { applyLayer, layerSnapshot } from './apply/merge.js'
export { readTar, tarTree } from './archive.js'
export { type IndexOptions, indexLayer } from './columns/build.js'
export { ROW_KINDS } from './columns/builder.js'
export { decodeIndex, encodeIndex } from './columns/codec.js'
export { readForeignIndex, sameIndex } from './columns/foreign.js'
export { comparePaths } from './columns/paths.js'
export { type Decompress, decompress } from './compress/decompress.js'
export { type Compression, compressionOf, detectCompression, MAGIC_BYTES } from './compress/detect.js'
export {
  CompressionError,
  type CompressionErrorCode,
  ContentSizeError,
  DiffIdMismatchError,
  IndexFormatError,
  LayerError,
  type LayerErrorCode,
  LayerLimitError,
  MediaTypeError,
  PeerMissingError,
  TarError,
  type TarErrorCode,
} from './errors.js'
export { type ImportOptions, importLayer } from './import.js'
export { type LayerLimits, layerLimits } from './limits.js'
export { draftLayer, LAYER_INDEX_KIND, type LayerDraft, openLayer, openLayerLazily, storeLayer, verifyIndex } from './store.js'
export type {
  Layer,
  LayerBlobWriter,
  LayerColumns,
  LayerIndex,
  LayerRow,
  LayerStore,
  RowKind,
  Sink,
  SparseMap,
  TarEntry,
  WrittenLayer,
} from './types.js'
export { type LayerFault, validateLayer } from './validate.js'
export { type WriteOptions, writeLayer } from './write/layer.js'
