/** `Stat` of nodes in memory. */
import { sizeOf } from '../inode.js'
import { byteLengthOf } from '../names.js'
import type { FileType, Inode, Stat, Xattrs } from '../types.js'

/** Where the number and the link count of an inode come from; asked only when somebody looks at them. */
export interface StatSource {
  numberOf(inode: Inode): number
  linksOf(inode: Inode): number
}

/**
 * What `stat` gives. Number and link count of an untouched lower inode are worked out when first read: counting links
 * takes a walk over the lower tree, and most callers never ask.
 */
export class NodeStat implements Stat {
  readonly type: FileType
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeNs: bigint
  readonly xattrs: Xattrs | undefined
  readonly size: number
  readonly dev: number
  readonly major: number | undefined
  readonly minor: number | undefined
  readonly #source: StatSource
  readonly #inode: Inode | undefined
  #ino: number
  #nlink: number

  /** `ino` and `nlink` of 0 are asked from `source` when they are read. */
  constructor(inode: Inode, dev: number, source: StatSource, ino: number, nlink: number) {
    this.type = inode.type
    this.mode = inode.mode
    this.uid = inode.uid
    this.gid = inode.gid
    this.mtimeNs = inode.mtimeNs
    this.xattrs = inode.xattrs
    this.size = sizeOf(inode, byteLengthOf)
    this.dev = dev
    const device = inode.type === 'char' || inode.type === 'block' ? inode : undefined
    this.major = device?.major
    this.minor = device?.minor
    this.#source = source
    this.#inode = ino === 0 || nlink === 0 ? inode : undefined
    this.#ino = ino
    this.#nlink = nlink
  }

  get ino(): number {
    if (this.#ino === 0) this.#ino = this.#source.numberOf(this.#inode!)
    return this.#ino
  }

  get nlink(): number {
    if (this.#nlink === 0) this.#nlink = this.#source.linksOf(this.#inode!)
    return this.#nlink
  }
}
