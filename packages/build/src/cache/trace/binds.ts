/**
 * Bind mounts of a RUN that are looked into file by file, as the tree is. One that another mount lies in, that lies over what an engine looks at before a command begins, or in a
 * filesystem of the kernel, is keyed as a whole instead: what is seen there is not what it holds.
 */
import type { Snapshot } from '@layerwright/vfs'

/** What a command sees at one bind mount. */
export interface TracedBind {
  /** Absolute, as the instruction and the working directory have it. */
  readonly target: string
  readonly root: Snapshot
  /** Where in that tree the mount begins: '' or `/name`. */
  readonly at: string
  /** Its times are those that a command sees everywhere; otherwise they are this machine's, and in no key. */
  readonly times: boolean
}

/** Who a command runs as is read there before it begins, and engines put files there (SEMANTICS 32). */
export const ACCOUNTS = ['/etc/passwd', '/etc/group']
/** Filesystems that come with the kernel, or with the simulated shell. */
export const KERNEL = ['/proc', '/sys', '/dev']
export const ENGINE = ['/etc/hosts', '/etc/resolv.conf', ...KERNEL]

/** Whether a mount at a place can be looked into, beside mounts at other places. Paths are clean and absolute. */
export function canBeTraced(place: string, others: readonly string[]): boolean {
  return ![...ACCOUNTS, ...ENGINE, ...others].some((other) => isAtOrBelow(place, other) || isAtOrBelow(other, place))
}

/** Whether a path is a place, or lies below it. */
export function isAtOrBelow(path: string, place: string): boolean {
  const [inner, outer] = [path, place].map((each) => each.split('/').filter(Boolean)) as [string[], string[]]
  return outer.every((name, i) => inner[i] === name)
}
