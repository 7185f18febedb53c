import type { Inode } from '@layerwright/vfs'
import type { Chmod } from './chmod.js'
import type { Owner } from './owner.js'

/** What COPY and ADD change on everything they take. */
export interface CopyAttributes {
  readonly owner?: Owner
  readonly chmod?: Chmod
}

/**
 * A tree of its own with other owners and modes: every inode is new, so that names which were hard links among each other stay linked, and
 * nothing is linked to the source. Links never change mode.
 */
export function withAttributes<T extends Inode>(inode: T, attributes: CopyAttributes): T {
  const { owner, chmod } = attributes
  const made = new Map<Inode, Inode>()
  const visit = (node: Inode): Inode => {
    const known = made.get(node)
    if (known) return known
    const fresh: Inode = {
      ...node,
      mode: chmod && node.type !== 'symlink' ? chmod.apply(node.mode, node.type === 'dir') : node.mode,
      ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
      ...(node.type === 'dir' ? { entries: new Map([...node.entries].map(([name, child]) => [name, visit(child)])) } : {}),
    } as Inode
    if (node.type !== 'dir') made.set(node, fresh)
    return fresh
  }
  return visit(inode) as T
}
