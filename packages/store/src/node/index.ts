export { type FileStore, type OpenStoreOptions, openStore } from './store.js'
