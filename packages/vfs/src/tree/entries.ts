import type { Inode } from '../types.js'

/** From this many names on, a directory is not copied for a change: that would take a millisecond and more. */
const LARGE = 2048
/** The part of a directory that may differ from what lies below it before both are copied to one map. */
const MOST_CHANGED = 1 / 16

/**
 * Entries to be edited that begin as a copy of `entries`, which never changes again: the map of a small directory is copied, that of a large one lies below
 * the changes.
 */
export function editableEntries(entries: ReadonlyMap<string, Inode>): Map<string, Inode> {
  if (entries.size < LARGE) return new Map(entries)
  const layered = entries instanceof LayeredEntries ? entries.fork() : new LayeredEntries(entries, new Map(), 0)
  return layered as unknown as Map<string, Inode> // type-ok: has all that an owner of entries uses, and all of ReadonlyMap
}

/** What two maps over the same one differ in at most; undefined where they do not lie over the same one. */
export function changedNames(a: ReadonlyMap<string, Inode>, b: ReadonlyMap<string, Inode>): Iterable<string> | undefined {
  const [below, above] = [baseOf(a), baseOf(b)]
  return below === above ? new Set([...ownNames(a), ...ownNames(b)]) : undefined
}

const baseOf = (entries: ReadonlyMap<string, Inode>) => (entries instanceof LayeredEntries ? entries.base : entries)
const ownNames = (entries: ReadonlyMap<string, Inode>) => (entries instanceof LayeredEntries ? entries.changes.keys() : [])

/** A map that nobody changes any more, and what is different: an inode, or null where a name is gone. */
class LayeredEntries implements ReadonlyMap<string, Inode> {
  readonly base: ReadonlyMap<string, Inode>
  readonly changes: Map<string, Inode | null>
  /** Names that only the changes have, less those that only the base has. */
  #more: number

  constructor(base: ReadonlyMap<string, Inode>, changes: Map<string, Inode | null>, more: number) {
    this.base = base
    this.changes = changes
    this.#more = more
  }

  /** A copy to be edited; at the cost of the changes, or now and then of all of it. */
  fork(): LayeredEntries {
    if (this.changes.size <= this.base.size * MOST_CHANGED) return new LayeredEntries(this.base, new Map(this.changes), this.#more)
    return new LayeredEntries(new Map(this), new Map(), 0)
  }

  get size(): number {
    return this.base.size + this.#more
  }

  get(name: string): Inode | undefined {
    const changed = this.changes.get(name)
    return changed === undefined ? this.base.get(name) : (changed ?? undefined)
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  set(name: string, inode: Inode): this {
    if (!this.has(name)) this.#more++
    this.changes.set(name, inode)
    return this
  }

  delete(name: string): boolean {
    if (!this.has(name)) return false
    this.#more--
    if (this.base.has(name)) this.changes.set(name, null)
    else this.changes.delete(name)
    return true
  }

  // Lists, because generators would make a walk half as slow again.

  entries(): MapIterator<[string, Inode]> {
    const all: [string, Inode][] = []
    for (const name of this.#names()) all.push([name, this.get(name)!])
    return all.values()
  }

  keys(): MapIterator<string> {
    return this.#names().values()
  }

  values(): MapIterator<Inode> {
    return this.#names()
      .map((name) => this.get(name)!)
      .values()
  }

  #names(): string[] {
    const { base, changes } = this
    const names: string[] = []
    for (const name of base.keys()) if (changes.get(name) !== null) names.push(name)
    for (const [name, inode] of changes) if (inode !== null && !base.has(name)) names.push(name)
    return names
  }

  [Symbol.iterator](): MapIterator<[string, Inode]> {
    return this.entries()
  }

  forEach(work: (inode: Inode, name: string, map: ReadonlyMap<string, Inode>) => void): void {
    for (const [name, inode] of this.entries()) work(inode, name, this)
  }
}
