export { folderLocks } from './folder-locks.js'
export { ownedName, ownerLives, ownerPid } from './owner.js'
export { type FileStore, type OpenStoreOptions, openStore } from './store.js'
