import type { DirInode, GraftLinks, Inode, Overlay } from '@layerwright/vfs'
import { CannotReplaceError } from '../errors.js'
import { joinPath, parentOf } from '../paths.js'
import { lstatOrNone, type MadeDirectory, makeDirectories, resolveTarget } from './target.js'

/** What goes where, with its final owners and modes. */
export interface Placement {
  /** The name a file gets when the destination is a directory. */
  readonly name: string
  readonly inode: Inode
}

/**
 * Puts one source at a destination, as the reference's copier does: a directory's contents are merged into the destination; a
 * file goes into a destination that is a directory, else takes its name. Links of the destination are followed, also its last component; while merging, a
 * file or link takes the place of a file or link without following it.
 * @param dest absolute; a trailing slash makes it a directory
 * @throws CannotReplaceError where a file meets a directory
 */
export function place(overlay: Overlay, item: Placement, dest: string, made: MadeDirectory): void {
  makeDirectories(overlay, resolveTarget(overlay, dest.endsWith('/') ? dest : parentOf(dest)), made)
  const target = resolveTarget(overlay, dest)
  const there = lstatOrNone(overlay, target)
  if (item.inode.type !== 'dir') {
    putFile(overlay, there?.type === 'dir' ? joinPath(target, item.name) : target, item.inode, made)
    return
  }
  if (there && there.type !== 'dir') throw new CannotReplaceError(target, 'file-with-directory')
  const created = makeDirectories(overlay, target, made)
  mergeEntries(overlay, target, item.inode, new Map())
  // The destination keeps its own mode and owner; only the time of one that was just made is the source's.
  if (created) overlay.utimes(target, item.inode.mtimeNs)
}

function putFile(overlay: Overlay, target: string, inode: Inode, made: MadeDirectory): void {
  const there = lstatOrNone(overlay, target)
  if (there?.type === 'dir') throw new CannotReplaceError(target, 'directory-with-file')
  if (there) overlay.unlink(target)
  else makeDirectories(overlay, parentOf(target), made)
  overlay.graft(target, inode)
}

/** Merges what a directory holds into one that exists. Hard links inside one source stay links, wherever their names are. */
function mergeEntries(overlay: Overlay, target: string, source: DirInode, links: GraftLinks): void {
  for (const [name, inode] of source.entries) {
    const path = joinPath(target, name)
    const there = lstatOrNone(overlay, path)
    if (inode.type !== 'dir') {
      if (there?.type === 'dir') throw new CannotReplaceError(path, 'directory-with-file')
      if (there) overlay.unlink(path)
      overlay.graft(path, inode, links)
    } else if (!there) overlay.graft(path, inode, links)
    else {
      if (there.type !== 'dir') throw new CannotReplaceError(path, 'file-with-directory')
      mergeEntries(overlay, path, inode, links)
      overlay.chown(path, inode.uid, inode.gid)
      overlay.chmod(path, inode.mode)
      overlay.utimes(path, inode.mtimeNs)
    }
  }
}
