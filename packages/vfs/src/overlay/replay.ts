/** Changes done to an overlay, from data. */
import { isFsError } from '../errors.js'
import { dirInode, sameAttributes } from '../inode.js'
import type { Overlay } from '../overlay.js'
import { lookup } from '../tree/lookup.js'
import type { Attributes, Inode, LayerChange, Snapshot, Stat } from '../types.js'
import { OverlayDriver } from './driver.js'

const found = (overlay: Overlay, path: string): Stat | undefined => {
  try {
    return overlay.lstat(path)
  } catch (error) {
    if (isFsError(error, 'ENOENT') || isFsError(error, 'ENOTDIR')) return undefined
    throw error
  }
}

/**
 * Does to an overlay what the changes say, so that they become part of its upper directory: hard links are links again and a later write
 * through one name is seen through the other, which a tree handed over as `lower` would not give. A file that was only written to stays the
 * file it was, so that a mount of it shows the new bytes.
 * Contents are not copied, and what they take is not bounded. Costs the changes.
 * @param known absolute names that some of the inodes have in the overlay already: they are linked to these
 */
export function replayChanges(overlay: Overlay, changes: readonly LayerChange[], known: ReadonlyMap<Inode, string> = new Map()): void {
  const { driver } = overlay
  const space = driver instanceof OverlayDriver ? driver.space : undefined
  if (space) space.unbounded(() => replay(overlay, changes, known))
  else replay(overlay, changes, known)
}

function replay(overlay: Overlay, changes: readonly LayerChange[], known: ReadonlyMap<Inode, string>): void {
  const uses = new Map<Inode, number>()
  for (const { inode } of changes) if (inode) uses.set(inode, (uses.get(inode) ?? 0) + 1)
  const before = overlay.freeze()
  const names = new Map(known)
  const dirs: { readonly path: string; readonly inode: Inode }[] = []
  for (const { path: name, inode } of changes) {
    const path = `/${name}`
    const there = found(overlay, path)
    if (inode?.type === 'dir') {
      if (there?.type !== 'dir') {
        if (there) overlay.unlink(path)
        overlay.graft(path, dirInode(new Map(), inode))
      }
      dirs.push({ path, inode })
      continue
    }
    const rewritten = inode?.type === 'file' && there?.type === 'file' && uses.get(inode) === 1 && !known.has(inode)
    if (rewritten && isAlone(overlay, before, path, there)) {
      overlay.writeFile(path, inode.content)
      setAttributes(overlay, path, inode)
      continue
    }
    if (there) overlay.rm(path, { recursive: true })
    if (inode === null) continue
    const first = names.get(inode)
    if (first === undefined) overlay.graft(path, inode)
    else overlay.link(first, path)
    names.set(inode, path)
  }
  // Children first and times last: every change in a directory sets its time. Set even where it is the same: a change that is listed was copied up.
  for (const { path, inode } of dirs.reverse()) {
    setAttributes(overlay, path, inode)
    overlay.utimes(path, inode.mtimeNs)
  }
}

/** Whether a write to a file is seen under no other name. What still lies in the lower is split from its other names by the write. */
function isAlone(overlay: Overlay, before: Snapshot, path: string, there: Stat): boolean {
  const untouched = lookup(before, path, { follow: false }) === lookup(overlay.lower, path, { follow: false })
  // Counting the links of a lower file takes a walk over the lower tree.
  return untouched || there.nlink === 1
}

/** Gives what lies at a path (no link) the attributes of an inode, as far as they differ. */
export function setAttributes(overlay: Overlay, path: string, to: Attributes): void {
  const from = overlay.lstat(path)
  if (sameAttributes(from, to)) return
  if (from.uid !== to.uid || from.gid !== to.gid) overlay.chown(path, to.uid, to.gid)
  // chown takes setuid away, and the capability that is an xattr.
  for (const name of overlay.lstat(path).xattrs?.keys() ?? []) if (!to.xattrs?.has(name)) overlay.removexattr(path, name)
  for (const [name, value] of to.xattrs ?? []) overlay.setxattr(path, name, value)
  if (overlay.lstat(path).mode !== to.mode) overlay.chmod(path, to.mode)
  overlay.utimes(path, to.mtimeNs)
}
