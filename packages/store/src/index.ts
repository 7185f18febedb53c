export {
  BlobCorruptError,
  BlobMissingError,
  DigestMismatchError,
  NotAStoreError,
  SizeMismatchError,
  StoreAccessError,
  StoreFullError,
  StoreVersionError,
  WriterClosedError,
} from './errors.js'
export { storeLimits } from './limits.js'
export { memoryStore } from './memory.js'
export type { Blob, BlobWriter, MaintainedStore, Store, StoreFault, StoreMaintenance } from './types.js'
