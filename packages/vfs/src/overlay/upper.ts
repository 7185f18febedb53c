/**
 * The upper layer of an overlay: one `UpperNode` for each inode that was made or copied up. A node outlives freezes, while
 * the frozen inode that it stands for is replaced by a copy on the first change after each freeze (transient ownership: the
 * stamp says whether the inode was made since). Every node knows all its names, so the copy is put under each of them:
 * hard links stay links across freezes, and a change costs its depth times its names, never the tree.
 *
 * Directories below an upper directory that nobody touched have no node: they are found in the frozen entries.
 */
import type { Mutable } from '../mutable.js'
import { editableEntries } from '../tree/entries.js'
import type { DirInode, Inode } from '../types.js'

/** One name of an upper node. */
export interface Name {
  readonly parent: UpperDir
  readonly name: string
}

interface NodeBase {
  readonly ino: number
  /** The freeze counter when `inode` was made; equal to the overlay's counter: it may be edited in place. */
  stamp: number
}

/** An upper inode that is not a directory. */
export interface UpperLeaf extends NodeBase {
  readonly kind: 'leaf'
  inode: Exclude<Inode, DirInode>
  /** Empty once it was unlinked. Nearly always one. */
  names: readonly Name[]
}

/** An upper directory. */
export interface UpperDir extends NodeBase {
  readonly kind: 'dir'
  inode: DirInode
  /** `undefined` for the root, and once it was removed. */
  name: Name | undefined
  /** The entries that have nodes; all other names of `inode.entries` lie in a lower, untouched subtree. */
  readonly children: Map<string, UpperNode>
  removed: boolean
}

export type UpperNode = UpperLeaf | UpperDir

/** A place below an upper directory that was not copied up (yet). */
export interface LowerNode {
  readonly kind: 'lower'
  readonly parent: UpperDir | LowerNode
  readonly name: string
  readonly inode: Inode
}

/** The transient owner of the inodes made since the last freeze. */
export class Upper {
  readonly root: UpperDir
  #stamp = 1
  #lastIno = 1

  constructor(root: DirInode) {
    this.root = { kind: 'dir', ino: 1, stamp: 0, inode: root, name: undefined, children: new Map(), removed: false }
  }

  nextIno(): number {
    return ++this.#lastIno
  }

  /** From now on nothing that exists is edited in place. Constant time. */
  freeze(): DirInode {
    this.#stamp++
    return this.root.inode
  }

  /** The node's inode, to be edited in place: it is this overlay's own since the last freeze. */
  own<T extends UpperNode>(node: T): Mutable<T['inode']> {
    if (node.stamp === this.#stamp) return node.inode as Mutable<T['inode']>
    const before = node.inode
    const copy: Inode = before.type === 'dir' ? { ...before, entries: editableEntries(before.entries) } : { ...before }
    node.inode = copy as T['inode']
    node.stamp = this.#stamp
    if (node.kind === 'dir') {
      if (node.name) this.entriesOf(node.name.parent).set(node.name.name, copy)
    } else for (const { parent, name } of node.names) this.entriesOf(parent).set(name, copy)
    return copy as Mutable<T['inode']>
  }

  /** The entries of a directory, to be edited in place. */
  entriesOf(dir: UpperDir): Map<string, Inode> {
    return this.own(dir).entries as Map<string, Inode>
  }

  /** Puts a new inode (made since the last freeze) under a free name. */
  attach(parent: UpperDir, name: string, inode: Inode, ino = this.nextIno()): UpperNode {
    const stamp = this.#stamp
    const place = { parent, name }
    const node: UpperNode =
      inode.type === 'dir'
        ? { kind: 'dir', ino, stamp, inode, name: place, children: new Map(), removed: false }
        : { kind: 'leaf', ino, stamp, inode, names: [place] }
    this.entriesOf(parent).set(name, inode)
    parent.children.set(name, node)
    return node
  }

  /** Gives a leaf one more name. */
  addName(node: UpperLeaf, parent: UpperDir, name: string): void {
    this.entriesOf(parent).set(name, node.inode)
    parent.children.set(name, node)
    node.names = [...node.names, { parent, name }]
  }

  /** Takes a name out of its directory; a directory goes with everything below it. */
  detach(parent: UpperDir, name: string): void {
    this.entriesOf(parent).delete(name)
    const node = parent.children.get(name)
    if (!node) return
    parent.children.delete(name)
    forget(node, parent, name)
  }

  /** Where a node lies below the root; `undefined` once it has no name any more. */
  pathOf(node: UpperNode | LowerNode): string | undefined {
    const names: string[] = []
    let at: UpperNode | LowerNode | undefined = node
    while (at && at !== this.root) {
      const name: Name | LowerNode | undefined = at.kind === 'lower' ? at : at.kind === 'dir' ? at.name : at.names[0]
      if (name) names.push(name.name)
      at = name?.parent
    }
    return at && names.reverse().join('/')
  }

  /** Moves an upper node to a free name. */
  move(node: UpperNode, from: Name, to: Name): void {
    this.entriesOf(from.parent).delete(from.name)
    from.parent.children.delete(from.name)
    this.entriesOf(to.parent).set(to.name, node.inode)
    to.parent.children.set(to.name, node)
    if (node.kind === 'dir') node.name = to
    else node.names = node.names.map((each) => (each.parent === from.parent && each.name === from.name ? to : each))
  }
}

/** A node lost a name: hard links elsewhere must know, and what lay below a removed directory too. */
function forget(node: UpperNode, parent: UpperDir, name: string): void {
  if (node.kind === 'leaf') {
    node.names = node.names.filter((each) => each.parent !== parent || each.name !== name)
    return
  }
  const pending: UpperDir[] = [node]
  for (let dir = pending.pop(); dir; dir = pending.pop()) {
    dir.name = undefined
    dir.removed = true
    for (const [childName, child] of dir.children) {
      if (child.kind === 'dir') pending.push(child)
      else {
        const gone = dir
        child.names = child.names.filter((each) => each.parent !== gone || each.name !== childName)
      }
    }
    dir.children.clear()
  }
}
