import { type DirInode, type GraftLinks, type Inode, linkCounts, type Overlay } from '@layerwright/vfs'
import { CannotReplaceError } from '../errors.js'
import { joinPath, parentOf } from '../paths.js'
import { lstatOrNone, type MadeDirectory, makeDirectories, resolveTarget } from './target.js'

/** What goes where, with its final owners and modes. */
export interface Placement {
  /** The name a file gets when the destination is a directory. */
  readonly name: string
  readonly inode: Inode
  /** See `Pruned`. */
  readonly passed?: ReadonlyMap<string, number>
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
  makeDirectories(overlay, target, made)
  const links = linkCounts(item.inode).size > 0 ? new Map() : 'none'
  mergeEntries(overlay, target, item.inode, { links, passed: item.passed ?? new Map() }, '')
  // The destination keeps its own mode and owner; its time is the source's, whether it was just made or not.
  overlay.utimes(target, item.inode.mtimeNs)
}

function putFile(overlay: Overlay, target: string, inode: Inode, made: MadeDirectory): void {
  const there = lstatOrNone(overlay, target)
  if (there?.type === 'dir') throw new CannotReplaceError(target, 'directory-with-file')
  if (there) overlay.unlink(target)
  else makeDirectories(overlay, parentOf(target), made)
  overlay.graft(target, inode)
}

interface Merge {
  /** Hard links inside one source stay links, wherever their names are. */
  readonly links: GraftLinks | 'none'
  readonly passed: ReadonlyMap<string, number>
}

/** Merges what a directory holds into one that exists. @param from path of the directory in its source, '' for the source itself */
function mergeEntries(overlay: Overlay, target: string, source: DirInode, merge: Merge, from: string): void {
  // Mostly nothing is there: a look that fails costs more than a list.
  const names = new Set(overlay.readdir(target).map((entry) => entry.name))
  for (const [name, inode] of source.entries) {
    const path = joinPath(target, name)
    const there = names.has(name) ? lstatOrNone(overlay, path) : undefined
    if (inode.type !== 'dir') {
      if (there?.type === 'dir') throw new CannotReplaceError(path, 'directory-with-file')
      if (there) overlay.unlink(path)
      overlay.graft(path, inode, merge.links)
    } else if (!there) overlay.graft(path, inode, merge.links)
    else {
      if (there.type !== 'dir') throw new CannotReplaceError(path, 'file-with-directory')
      const relative = from ? `${from}/${name}` : name
      mergeEntries(overlay, path, inode, merge, relative)
      const mode = merge.passed.get(relative)
      if (mode !== undefined) {
        overlay.chmod(path, mode)
        continue
      }
      overlay.chown(path, inode.uid, inode.gid)
      overlay.chmod(path, inode.mode)
      overlay.utimes(path, inode.mtimeNs)
    }
  }
}
