/** How much room the files of a tree have, as a kernel's tmpfs counts it: whole pages of each file, once for all its names; directories and links take none. */
import { FsError } from '../errors.js'
import type { DirInode, Inode } from '../types.js'

const PAGE = 4096
const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE)

export class Space {
  readonly #max: number
  readonly #tree: () => DirInode
  /** Of what was ever made; what was removed is found out when there seems to be no room. */
  #used = 0
  #bounded = true

  constructor(maxBytes: number, tree: () => DirInode) {
    this.#max = pagesOf(maxBytes)
    this.#tree = tree
    this.#used = this.#count()
  }

  /** A file gets another size. @throws FsError ENOSPC */
  take(before: number, after: number): void {
    const more = pagesOf(after) - pagesOf(before)
    if (this.#bounded && more > 0 && this.#used + more > this.#max) {
      this.#used = this.#count()
      if (this.#used + more > this.#max) throw new FsError('ENOSPC', 'write', '')
    }
    this.#used += more
  }

  /** Does what may take more on the way, and less in the end. */
  unbounded(work: () => void): void {
    this.#bounded = false
    try {
      work()
    } finally {
      this.#bounded = true
    }
  }

  #count(): number {
    const seen = new Set<Inode>()
    const pending: DirInode[] = [this.#tree()]
    let pages = 0
    for (let dir = pending.pop(); dir; dir = pending.pop()) {
      for (const inode of dir.entries.values()) {
        if (inode.type === 'dir') pending.push(inode)
        else if (inode.type === 'file' && !seen.has(inode)) {
          seen.add(inode)
          pages += pagesOf(inode.content.size)
        }
      }
    }
    return pages
  }
}
