/** Files that an overlay holds in memory, and what it does when they are too many. */
import { memoryBytes, withoutMemory } from '../content/rope.js'
import type { Content } from '../types.js'
import type { Upper, UpperLeaf } from './upper.js'

/** Where the bytes of written files go that would be too many for memory. `openSpill` of `@layerwright/vfs/node` makes one on disk. */
export interface Spill {
  /** Bytes of written files that one overlay keeps in memory. */
  readonly budget: number
  /** Takes bytes; the memory is not looked at again afterwards. The content that it gives must be readable at once (`readInto`). */
  store(bytes: Uint8Array): Content
}

/**
 * Counts what an overlay's files have in memory, and moves those out that were written longest ago when it is over the budget: down to half of it, so
 * that it does not happen at every write. What was frozen before holds on to its own contents.
 */
export class MemoryBudget {
  readonly #spill: Spill
  readonly #upper: Upper
  /** In the order of the last write. */
  readonly #held = new Map<UpperLeaf, number>()
  #total = 0

  constructor(spill: Spill, upper: Upper) {
    this.#spill = spill
    this.#upper = upper
  }

  /** The content of a file was changed. */
  note(leaf: UpperLeaf): void {
    this.#forget(leaf)
    const bytes = leaf.inode.type === 'file' ? memoryBytes(leaf.inode.content) : 0
    if (bytes === 0) return
    this.#held.set(leaf, bytes)
    this.#total += bytes
    if (this.#total > this.#spill.budget) this.#shrink()
  }

  #forget(leaf: UpperLeaf): void {
    this.#total -= this.#held.get(leaf) ?? 0
    this.#held.delete(leaf)
  }

  #shrink(): void {
    // Files that were removed meanwhile took their bytes with them.
    for (const leaf of [...this.#held.keys()]) if (leaf.names.length === 0) this.#forget(leaf)
    if (this.#total <= this.#spill.budget) return
    for (const leaf of [...this.#held.keys()]) {
      if (this.#total <= this.#spill.budget / 2) return
      this.#forget(leaf)
      if (leaf.inode.type !== 'file') continue
      const content = withoutMemory(leaf.inode.content, (bytes) => this.#spill.store(bytes))
      Object.assign(this.#upper.own(leaf), { content })
    }
  }
}
