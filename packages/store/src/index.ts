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
export { type CollectOptions, collectGarbage } from './evict/collect.js'
export { planEviction, type StoreState } from './evict/plan.js'
export { keepPolicy, setKeepPolicy } from './evict/settings.js'
export type { CacheEntry, CacheOwner, Eviction, EvictionPlan, KeepPolicy } from './evict/types.js'
export { storeLimits } from './limits.js'
export { memoryStore } from './memory.js'
export type {
  Blob,
  BlobWriter,
  MaintainedStore,
  PutRecordOptions,
  Store,
  StoredBlob,
  StoredRecord,
  StoreFault,
  StoreMaintenance,
  StoreUsage,
  VerifyOptions,
} from './types.js'
