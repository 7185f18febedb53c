/**
 * Frozen trees on their way to a worker. A subtree is the same object in two snapshots that share it, so it is sent once: a number stands for it
 * from then on.
 */
import type { Content, DirInode, Inode } from '@layerwright/vfs'
import type { TreeRows } from './messages.js'
import { RowWriter, readRows } from './rows.js'

/** The host's side: who has which number. One for each worker. */
export class TreeSender {
  readonly #numbers = new WeakMap<Inode, number>()
  readonly #contentNumbers = new WeakMap<Content, number>()
  /** Weakly: whoever runs a command holds its trees, and bytes in memory shall go when nobody else has them. */
  readonly #contents: WeakRef<Content>[] = []
  #next = 0

  /** How many inodes the worker holds. */
  get size(): number {
    return this.#next
  }

  content(number: number): Content | undefined {
    return this.#contents[number]?.deref()
  }

  /** What the worker does not have of the trees `roots`, and the numbers of these. They must be held while it may ask for their contents. */
  send(roots: readonly Inode[]): { readonly rows: TreeRows; readonly numbers: readonly number[] } {
    const first = this.#next
    const firstContent = this.#contents.length
    const writer = new RowWriter()
    const counts: number[] = []
    const children: number[] = []
    const names: string[] = []
    const sizes: number[] = []
    const contentNumber = (content: Content): number => {
      const known = this.#contentNumbers.get(content)
      if (known !== undefined) return known
      const made = this.#contents.push(new WeakRef(content)) - 1
      this.#contentNumbers.set(content, made)
      sizes.push(content.size)
      return made
    }
    const number = (inode: Inode): number => {
      const known = this.#numbers.get(inode)
      if (known !== undefined) return known
      if (inode.type === 'dir') {
        const below = Array.from(inode.entries.values(), number)
        counts.push(below.length)
        for (const child of below) children.push(child)
        for (const name of inode.entries.keys()) names.push(name)
      }
      const made = first + writer.add(inode, inode.type === 'file' ? contentNumber(inode.content) : 0)
      this.#numbers.set(inode, made)
      return made
    }
    const numbers = roots.map(number)
    this.#next = first + writer.count
    return {
      numbers,
      rows: {
        ...writer.finish(),
        first,
        counts: new Uint32Array(counts),
        children: new Uint32Array(children),
        names: names.join('/'),
        firstContent,
        sizes: new Float64Array(sizes),
      },
    }
  }
}

/** The worker's side: what each number stands for. */
export class TreeReceiver {
  readonly #inodes: Inode[] = []
  readonly #contents: Content[] = []
  readonly #makeContent: (number: number, size: number) => Content

  constructor(makeContent: (number: number, size: number) => Content) {
    this.#makeContent = makeContent
  }

  receive(rows: TreeRows): void {
    for (const size of rows.sizes) this.#contents.push(this.#makeContent(this.#contents.length, size))
    const names = rows.names.split('/')
    let directory = 0
    let at = 0
    // Directories come in the order of their rows, and so do their entries; children before them.
    const nextEntries = (made: readonly Inode[]): Map<string, Inode> => {
      const entries = new Map<string, Inode>()
      for (let left = rows.counts[directory++]!; left > 0; left--, at++) {
        const child = rows.children[at]!
        entries.set(names[at]!, child < rows.first ? this.#inodes[child]! : made[child - rows.first]!)
      }
      return entries
    }
    for (const inode of readRows(rows, (number) => this.#contents[number]!, nextEntries)) this.#inodes.push(inode)
  }

  tree(number: number): DirInode {
    return this.#inodes[number] as DirInode
  }
}
