export type * from './resolve/types.js'
