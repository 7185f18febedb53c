import type { Stat } from '@layerwright/vfs'

/** Who a process is. */
export interface Credentials {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
}

/** Whether `who` may do all of `bits` (4 read, 2 write, 1 search) by owner, group and other in that order, as POSIX has it. */
export function permits(stat: Stat, who: Credentials, bits: number): boolean {
  if (who.uid === 0) return (bits & 1) === 0 || stat.type === 'dir' || (stat.mode & 0o111) !== 0
  const shift = stat.uid === who.uid ? 6 : stat.gid === who.gid || who.groups.includes(stat.gid) ? 3 : 0
  return ((stat.mode >> shift) & bits) === bits
}
