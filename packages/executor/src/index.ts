export { type GroupEntry, type Identity, lookupUser, type PasswdEntry, parseId, readGroup, readPasswd } from './users.js'
export * from './errors.js'
export type * from './types.js'
