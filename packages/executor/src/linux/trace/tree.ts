/**
 * The names of a command's tree while its trace is read: what was there when it began, and what it has made, moved and removed since. No bytes; of what
 * was there from the beginning each node knows where that was.
 */
import type { Inode } from '@layerwright/vfs'

export type NodeType = Inode['type'] | 'socket'

/** What the names of one file share. */
export interface Body {
  /** As it was at first; undefined where the command has made it or written to it. */
  inode: Inode | undefined
  /** It was executed, so what it holds then matters. */
  executed: boolean
}

export class TreeNode {
  readonly type: NodeType
  name: string
  parent: TreeNode | undefined
  readonly body: Body
  /** Path in what the command was given, mounts included; '' is the root. Undefined: it is not from there. */
  readonly origin: string | undefined
  /** Of a link. */
  readonly target: string | undefined
  /** The kernel's own: it has names that nobody knows. Or a folder of this machine. */
  readonly unknown: 'kernel' | 'host' | undefined
  /** What differs from `body.inode`, and what was asked for before; null is removed. */
  readonly #entries = new Map<string, TreeNode | null>()

  constructor(
    type: NodeType,
    at: {
      readonly parent?: TreeNode | undefined
      readonly name?: string
      readonly body?: Body
      readonly origin?: string | undefined
      readonly target?: string
      readonly unknown?: 'kernel' | 'host'
    } = {},
  ) {
    this.type = type
    this.parent = at.parent
    this.name = at.name ?? ''
    this.body = at.body ?? { inode: undefined, executed: false }
    this.origin = at.origin
    this.target = at.target
    this.unknown = at.unknown
  }

  /** What lies at the root of a tree. @param origin where that is in the tree that the command was given, if it is of it */
  static root(inode: Inode, origin?: string): TreeNode {
    return TreeNode.#of(inode, { origin })
  }

  static #of(inode: Inode, at: { readonly parent?: TreeNode; readonly name?: string; readonly origin?: string | undefined }): TreeNode {
    const target = inode.type === 'symlink' ? { target: inode.target } : {}
    return new TreeNode(inode.type, { ...at, ...target, body: { inode, executed: false } })
  }

  child(name: string): TreeNode | undefined {
    const known = this.#entries.get(name)
    if (known !== undefined) return known ?? undefined
    const { inode } = this.body
    const found = inode?.type === 'dir' ? inode.entries.get(name) : undefined
    if (!found) return undefined
    const node = TreeNode.#of(found, { parent: this, name, origin: this.originOf(name) })
    this.#entries.set(name, node)
    return node
  }

  /** Where a name in this directory would lie in the tree that the command was given. */
  originOf(name: string): string | undefined {
    return this.origin === undefined ? undefined : `${this.origin}/${name}`
  }

  put(name: string, node: TreeNode): void {
    this.remove(name)
    node.parent = this
    node.name = name
    this.#entries.set(name, node)
  }

  remove(name: string): void {
    const there = this.child(name)
    if (there) there.parent = undefined
    this.#entries.set(name, null)
  }

  /** The path it is seen at; undefined where it has none any more. */
  path(root: TreeNode): string | undefined {
    let path = ''
    let at: TreeNode = this
    while (at !== root) {
      if (!at.parent) return undefined
      path = `/${at.name}${path}`
      at = at.parent
    }
    return path === '' ? '/' : path
  }
}
