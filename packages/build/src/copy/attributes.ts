import { copyTree, type Inode } from '@layerwright/vfs'
import type { Chmod } from './chmod.js'
import type { Owner } from './owner.js'

/** A tree as COPY writes it: with the owner of --chown and the modes of --chmod. Links never change mode. */
export function withAttributes<T extends Inode>(inode: T, owner: Owner | undefined, chmod: Chmod | undefined): T {
  if (!owner && !chmod) return inode
  return copyTree(inode, (node) => ({
    ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
    ...(chmod && node.type !== 'symlink' ? { mode: chmod.apply(node.mode, node.type === 'dir') } : {}),
  }))
}
