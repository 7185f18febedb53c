export { folderLocks } from './folder-locks.js'
export { type FileStore, type OpenStoreOptions, openStore } from './store.js'
