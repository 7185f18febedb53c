export type { Overlay } from './overlay.js'
export type * from './types.js'
