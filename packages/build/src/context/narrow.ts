import type { DirInode, Inode } from '@layerwright/vfs'
import type { ContextFilter } from '../types.js'

/** A tree without what a filter leaves out, owned by root, with one time for all if asked for. Hard links stay. */
export function narrowTree(root: DirInode, filter: ContextFilter | undefined, mtimeNs: bigint | undefined): DirInode {
  const linked = new Map<Inode, Inode>()
  const own = <T extends Inode>(inode: T): T => ({ ...inode, uid: 0, gid: 0, ...(mtimeNs === undefined ? {} : { mtimeNs }) })
  const visit = (dir: DirInode, prefix: string, parent: unknown): DirInode => {
    const entries = new Map<string, Inode>()
    for (const [name, inode] of dir.entries) {
      const path = prefix ? `${prefix}/${name}` : name
      const { keep, descend, state } = filter?.visit(path, inode.type === 'dir', parent) ?? { keep: true, descend: true, state: undefined }
      if (inode.type === 'dir') {
        const below = keep || descend ? visit(inode, path, state) : undefined
        if (below && (keep || below.entries.size > 0)) entries.set(name, below)
      } else if (keep) {
        const made = linked.get(inode) ?? own(inode)
        linked.set(inode, made)
        entries.set(name, made)
      }
    }
    return { ...own(dir), entries }
  }
  return visit(root, '', undefined)
}
