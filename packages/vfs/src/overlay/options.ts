import type { Spill } from './spill.js'

/** What an overlay is made with. */
export interface OverlayOptions {
  /** The clock, in nanoseconds since 1970; by default the machine's. */
  readonly now?: () => bigint
  /** Bits taken from the mode of everything that is created; default 0. */
  readonly umask?: number
  /** Whom new inodes belong to; default 0:0. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** Where the bytes of written files go that would be too many for memory; by default they all stay there. */
  readonly spill?: Spill
  /** Bytes that all files may have together, in whole pages; a write beyond is ENOSPC. Absent or 0: no bound. */
  readonly maxBytes?: number
}
