import type { Digest } from '@layerwright/digest'
import type { Attributes, Content, FileInode, Inode } from '../types.js'

/** Files of one directory that go by numbers, and what a digest wants to know of them. */
export interface ListedFiles {
  /** The same object for neighbours that have the same. */
  attributes(file: number): Attributes
  digest(file: number): Digest | undefined
  /** The content of a file whose digest nobody knows yet: who reads it makes it known. */
  unread(file: number, name: string): Content | undefined
  /** A new one. */
  inode(file: number, name: string): FileInode
}

/** What a directory holds, without making inodes. */
export const nodesOf = (entries: ReadonlyMap<string, Inode>): Iterable<Inode | number> =>
  entries instanceof ListedEntries ? entries.nodes : entries.values()

/**
 * Entries among which are files whose inodes are made when somebody asks for one of them. Who finds every step of a build in the cache wants the digests of
 * directories and nothing else, who copies a directory wants other inodes than these, and to make, keep and free tens of thousands of them costs half as much as
 * looking at the files.
 */
export class ListedEntries implements ReadonlyMap<string, Inode> {
  /** In the order of their bytes. */
  readonly names: readonly string[]
  readonly files: ListedFiles
  readonly #nodes: readonly (Inode | number)[]
  #made: Map<string, Inode> | undefined

  /** @param nodes of each name: its inode, or the number of its file, which has no other name */
  constructor(names: readonly string[], nodes: readonly (Inode | number)[], files: ListedFiles) {
    this.names = names
    this.files = files
    this.#nodes = nodes
  }

  /** Of each name: its inode, or the number of its file as long as nobody has asked for an inode. */
  get nodes(): readonly (Inode | number)[] {
    return this.#made ? [...this.#made.values()] : this.#nodes
  }

  /** Contents of files that go by numbers and whose digests nobody knows yet. */
  unread(): Content[] {
    const found: Content[] = []
    this.nodes.forEach((node, i) => {
      const content = typeof node === 'number' ? this.files.unread(node, this.names[i]!) : undefined
      if (content) found.push(content)
    })
    return found
  }

  get #all(): Map<string, Inode> {
    this.#made ??= this.#make()
    return this.#made
  }

  #make(): Map<string, Inode> {
    const made = new Map<string, Inode>()
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i]!
      const node = this.#nodes[i]!
      made.set(name, typeof node === 'number' ? this.files.inode(node, name) : node)
    }
    return made
  }

  /** The same for a copy of the directory; `copyOf` gives the copy of an inode that is there. */
  copy(copyOf: (inode: Inode, name: string) => Inode): ListedEntries {
    const nodes = this.nodes.map((node, i) => (typeof node === 'number' ? node : copyOf(node, this.names[i]!)))
    return new ListedEntries(this.names, nodes, this.files)
  }

  get size(): number {
    return this.names.length
  }

  get(name: string): Inode | undefined {
    return this.#all.get(name)
  }

  has(name: string): boolean {
    return this.#all.has(name)
  }

  entries(): MapIterator<[string, Inode]> {
    return this.#all.entries()
  }

  keys(): MapIterator<string> {
    return this.names.values()
  }

  values(): MapIterator<Inode> {
    return this.#all.values()
  }

  [Symbol.iterator](): MapIterator<[string, Inode]> {
    return this.entries()
  }

  forEach(work: (inode: Inode, name: string, map: ReadonlyMap<string, Inode>) => void): void {
    for (const [name, inode] of this.#all) work(inode, name, this)
  }
}
