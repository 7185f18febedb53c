/** Types and device numbers of host inodes. */
import type { FileType } from '../types.js'

interface Kinds {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isCharacterDevice(): boolean
  isBlockDevice(): boolean
}

/** The type of an inode; `undefined` for what has no place in our trees (a socket). */
export function typeOfStat(stat: Kinds): FileType | undefined {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'dir'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  if (stat.isCharacterDevice()) return 'char'
  if (stat.isBlockDevice()) return 'block'
  return undefined
}

/** Major and minor of a device (the encoding of Linux' `makedev`), nothing for other inodes. */
export function deviceNumbers(stat: Kinds & { readonly rdev: bigint }): { major: number; minor: number } | Record<never, never> {
  if (!stat.isCharacterDevice() && !stat.isBlockDevice()) return {}
  const rdev = stat.rdev
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  }
}
