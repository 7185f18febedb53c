/** The overlay as a mountable filesystem: node operations over a frozen lower tree and an `Upper`. Over 300 lines because it is one interface, each operation a few lines. */
import { appendTo, concatContent, resizeTo, sliceContent, writeOver } from '../content/rope.js'
import type { Mountable, Node } from '../driver.js'
import { FsError } from '../errors.js'
import { type AttributesInit, inodeFrom, type NodeInit, withoutXattr } from '../inode.js'
import { limits } from '../limits.js'
import { sortedNames } from '../names.js'
import type { GraftLinks } from '../overlay.js'
import { copyUnlinked } from '../tree/copies.js'
import { editableEntries } from '../tree/entries.js'
import { linkCounts } from '../tree/links.js'
import type { Content, DirEntry, DirInode, FileInode, FileType, Inode, Snapshot, Stat, SymlinkInode } from '../types.js'
import type { OverlayOptions } from './options.js'
import { Space } from './space.js'
import { MemoryBudget } from './spill.js'
import { NodeStat, type StatSource } from './stat.js'
import { type LowerNode, Upper, type UpperDir, type UpperLeaf, type UpperNode } from './upper.js'

type OverlayNode = UpperNode | LowerNode

const CAPABILITY = 'security.capability'

export class OverlayDriver implements Mountable, StatSource {
  readonly lower: Snapshot
  readonly options: OverlayOptions
  readonly #upper: Upper
  readonly #now: () => bigint
  readonly #umask: number
  readonly #budget: MemoryBudget | undefined
  readonly space: Space | undefined
  readonly #owner: { readonly uid: number; readonly gid: number }
  /** Numbers of lower inodes, given when first asked for. */
  readonly #numbers = new WeakMap<Inode, number>()
  /** Lower files whose number went to a copy: what still shows the lower one (the other half of a split pair) has a new number. */
  readonly #copied = new WeakMap<Inode, number>()

  constructor(lower: Snapshot, options: OverlayOptions) {
    this.lower = lower
    this.options = options
    this.#upper = new Upper(lower)
    this.#now = options.now ?? (() => BigInt(Date.now()) * 1_000_000n)
    this.#umask = options.umask ?? 0
    this.#owner = options.owner ?? { uid: 0, gid: 0 }
    this.#budget = options.spill && new MemoryBudget(options.spill, this.#upper)
    this.space = options.maxBytes ? new Space(options.maxBytes, () => this.current) : undefined
  }

  /** The merged tree as it is now; nothing in it changes any more. */
  freeze(): Snapshot {
    return this.#upper.freeze()
  }

  /** The merged tree as it is now, only to be read before the next operation. */
  get current(): DirInode {
    return this.#upper.root.inode
  }

  // Reading

  get root(): Node {
    return this.#upper.root
  }

  lookup(dir: Node, name: string): Node | undefined {
    const parent = dir as UpperDir | LowerNode
    if (parent.kind === 'dir') {
      const child = parent.children.get(name)
      if (child) return child
    }
    const inode = (parent.inode as DirInode).entries.get(name)
    return inode && ({ kind: 'lower', parent, name, inode } satisfies LowerNode)
  }

  typeOf(node: Node): FileType {
    return (node as OverlayNode).inode.type
  }

  stat(node: Node, dev: number): Stat {
    const { kind, inode } = node as OverlayNode
    // Directories have one link, as on overlayfs and btrfs: the count of subdirectories is nobody's business here.
    if (kind === 'dir') return new NodeStat(inode, dev, this, (node as UpperDir).ino, 1)
    if (kind === 'leaf') return new NodeStat(inode, dev, this, (node as UpperLeaf).ino, (node as UpperLeaf).names.length)
    return new NodeStat(inode, dev, this, this.#copied.get(inode) ?? 0, inode.type === 'dir' ? 1 : 0)
  }

  numberOf(inode: Inode): number {
    let number = this.#numbers.get(inode)
    if (number === undefined) {
      number = this.#upper.nextIno()
      this.#numbers.set(inode, number)
    }
    return number
  }

  linksOf(inode: Inode): number {
    return linkCounts(this.lower).get(inode) ?? 1
  }

  list(dir: Node): DirEntry[] {
    const { entries } = (dir as OverlayNode).inode as DirInode
    return sortedNames(entries).map((name) => ({ name, type: entries.get(name)!.type }))
  }

  readlink(link: Node): string {
    return ((link as OverlayNode).inode as SymlinkInode).target
  }

  content(file: Node): Content {
    return ((file as OverlayNode).inode as FileInode).content
  }

  same(a: Node, b: Node): boolean {
    // Two names of one lower file are two files to overlayfs, which would split them on the first write.
    return a === b
  }

  hold(node: Node): Node {
    return this.#copyUp(node as OverlayNode)
  }

  // Writing

  create(dir: Node, name: string, init: NodeInit, mode: number): Node {
    const parent = this.#directory(dir)
    if (init.type === 'file') this.space?.take(0, init.content.size)
    const inode = inodeFrom(init, this.#newAttributes(parent.inode, init.type, mode))
    const node = this.#upper.attach(parent, name, inode)
    this.#touch(parent)
    if (node.kind === 'leaf') this.#budget?.note(node)
    return node
  }

  #newAttributes(parent: DirInode, type: FileType, mode: number): AttributesInit {
    const { uid, gid } = this.#owner
    const bits = type === 'symlink' ? 0o777 : mode & 0o7777 & ~this.#umask
    // A setgid directory hands its group on, and to directories the bit too (inode(7)).
    const inherit = (parent.mode & 0o2000) !== 0
    return {
      mode: inherit && type === 'dir' ? bits | 0o2000 : bits,
      uid,
      gid: inherit ? parent.gid : gid,
      mtimeNs: this.#now(),
    }
  }

  link(node: Node, dir: Node, name: string): void {
    // The lower file is copied up first: both names share what is written later.
    const leaf = this.#copyUp(node as OverlayNode) as UpperLeaf
    const parent = this.#directory(dir)
    this.#upper.addName(leaf, parent, name)
    this.#touch(parent)
  }

  unlink(dir: Node, name: string): void {
    this.removeTree(dir, name)
  }

  rmdir(dir: Node, name: string): void {
    this.#expectEmpty(dir, name, 'rmdir')
    this.removeTree(dir, name)
  }

  pathOf(node: Node): string | undefined {
    return this.#upper.pathOf(node as OverlayNode)
  }

  #expectEmpty(dir: Node, name: string, op: string): void {
    const inode = ((dir as OverlayNode).inode as DirInode).entries.get(name)
    if (inode?.type === 'dir' && inode.entries.size > 0) throw new FsError('ENOTEMPTY', op, name)
  }

  removeTree(dir: Node, name: string): void {
    const parent = this.#directory(dir)
    this.#upper.detach(parent, name)
    this.#touch(parent)
  }

  rename(fromDir: Node, fromName: string, toDir: Node, toName: string): void {
    this.#expectEmpty(toDir, toName, 'rename')
    const from = { parent: this.#directory(fromDir), name: fromName }
    const to = { parent: this.#directory(toDir), name: toName }
    const node = this.#copyUp(this.lookup(from.parent, fromName) as OverlayNode)
    // The kernel refuses to move a directory that has a lower part (EXDEV) and `mv` copies it: so everything below is copied up.
    if (node.kind === 'dir') this.#copyUpTree(node, 0)
    if (to.parent.inode.entries.has(toName)) this.#upper.detach(to.parent, toName)
    this.#upper.move(node, from, to)
    this.#touch(from.parent)
    this.#touch(to.parent)
  }

  write(file: Node, offset: number | 'end', data: Uint8Array | Content): void {
    if (!(data instanceof Uint8Array)) this.#writeContent(file, offset, data)
    else if (data.length > 0) this.#edit(file, (content) => (offset === 'end' ? appendTo(content, data) : writeOver(content, offset, data)))
  }

  #writeContent(file: Node, offset: number | 'end', data: Content): void {
    if (data.size === 0) return
    this.#edit(file, (content) => {
      const start = offset === 'end' ? content.size : offset
      return concatContent([resizeTo(content, start), data, sliceContent(content, start + data.size)])
    })
  }

  replace(file: Node, content: Content): void {
    this.#edit(file, () => content)
  }

  resize(file: Node, size: number): void {
    const node = this.#copyUp(file as OverlayNode)
    // truncate(2) to the size that the file has leaves its time alone.
    if ((node.inode as FileInode).content.size !== size) this.#edit(node, (content) => resizeTo(content, size))
  }

  #edit(file: Node, change: (content: Content) => Content): void {
    const node = this.#copyUp(file as OverlayNode) as UpperLeaf
    const inode = this.#upper.own(node) as { -readonly [K in keyof FileInode]: FileInode[K] }
    const content = change(inode.content)
    this.space?.take(inode.content.size, content.size)
    inode.content = content
    inode.mtimeNs = this.#now()
    // A written program loses its file capabilities, even when root writes (capabilities(7)).
    inode.xattrs = withoutXattr(inode.xattrs, CAPABILITY)
    this.#budget?.note(node)
  }

  setAttributes(node: Node, { mode, uid, gid, mtimeNs }: AttributesInit): void {
    const inode = this.#upper.own(this.#copyUp(node as OverlayNode))
    if (uid !== undefined) inode.uid = uid
    if (gid !== undefined) inode.gid = gid
    // A program that changes hands is no longer setuid, nor setgid where its group may run it (chown(2)); even for root.
    if ((uid !== undefined || gid !== undefined) && inode.type !== 'dir') {
      inode.mode &= inode.mode & 0o010 ? ~0o6000 : ~0o4000
      inode.xattrs = withoutXattr(inode.xattrs, CAPABILITY)
    }
    if (mode !== undefined) inode.mode = mode & 0o7777
    if (mtimeNs !== undefined) inode.mtimeNs = mtimeNs
  }

  setXattr(node: Node, name: string, value: Uint8Array | undefined): void {
    if (value === undefined && !(node as OverlayNode).inode.xattrs?.has(name)) throw new FsError('ENODATA', 'removexattr', name)
    const inode = this.#upper.own(this.#copyUp(node as OverlayNode))
    inode.xattrs = value === undefined ? withoutXattr(inode.xattrs, name) : new Map(inode.xattrs).set(name, value.slice())
  }

  /** Puts a whole subtree under a free name, as new inodes; hard links inside it, and to what `links` has, stay links. */
  graft(dir: Node, name: string, tree: Inode, links?: GraftLinks | 'none'): void {
    const parent = this.#directory(dir)
    const linkless = links === 'none' || (!links && tree.type === 'dir' && linkCounts(tree).size === 0)
    // The copy lies there as a lower directory does: what is touched later gets a node then.
    if (linkless && tree.type === 'dir') this.#upper.entriesOf(parent).set(name, copyUnlinked(tree, name))
    else this.#graft(parent, name, tree, (links instanceof Map ? links : new Map()) as Map<Inode, UpperLeaf>, 0)
    this.#touch(parent)
  }

  #graft(parent: UpperDir, name: string, inode: Inode, seen: Map<Inode, UpperLeaf>, depth: number): void {
    if (depth > limits.treeDepth) throw new FsError('ENAMETOOLONG', 'graft', name)
    const linked = seen.get(inode)
    if (linked) {
      this.#upper.addName(linked, parent, name)
      return
    }
    if (inode.type === 'file') this.space?.take(0, inode.content.size)
    const copy: Inode = inode.type === 'dir' ? { ...inode, entries: new Map() } : { ...inode }
    const node = this.#upper.attach(parent, name, copy)
    if (node.kind === 'leaf') seen.set(inode, node)
    else for (const [childName, child] of (inode as DirInode).entries) this.#graft(node, childName, child, seen, depth + 1)
  }

  // Copy-up

  /** The upper node of a place, made if it has none; its directories come along (copied up, nothing about them changed). */
  #copyUp(node: OverlayNode): UpperNode {
    if (node.kind !== 'lower') return node
    const parent = this.#copyUp(node.parent) as UpperDir
    // Another node object for the same place may have been copied up meanwhile.
    return parent.children.get(node.name) ?? this.#copyUpEntry(parent, node.name, node.inode)
  }

  #copyUpEntry(parent: UpperDir, name: string, inode: Inode): UpperNode {
    const copy: Inode = inode.type === 'dir' ? { ...inode, entries: editableEntries(inode.entries) } : { ...inode }
    // The copy keeps the number, once: the second name of a split pair is another file from now on.
    const taken = this.#copied.get(inode)
    const ino = taken ?? this.numberOf(inode)
    if (inode.type !== 'dir') this.#copied.set(inode, this.#upper.nextIno())
    return this.#upper.attach(parent, name, copy, ino)
  }

  /** Lower hard links are split here too: `mv` renames the files in a directory that it cannot rename, one by one. */
  #copyUpTree(dir: UpperDir, depth: number): void {
    if (depth > limits.treeDepth) throw new FsError('ENAMETOOLONG', 'rename', '')
    for (const [name, inode] of dir.inode.entries) {
      const child = dir.children.get(name) ?? this.#copyUpEntry(dir, name, inode)
      if (child.kind === 'dir') this.#copyUpTree(child, depth + 1)
    }
  }

  #directory(dir: Node): UpperDir {
    const node = this.#copyUp(dir as OverlayNode) as UpperDir
    // A held directory (a mount of a subfolder) may have been removed behind the mount's back.
    if (node.removed) throw new FsError('ENOENT', 'lookup', '')
    return node
  }

  #touch(dir: UpperDir): void {
    this.#upper.own(dir).mtimeNs = this.#now()
  }
}
