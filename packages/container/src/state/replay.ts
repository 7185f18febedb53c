import {
  type Attributes,
  dirInode,
  type Inode,
  isFsError,
  type LayerChange,
  type Overlay,
  type Stat,
  sameAttributes,
} from '@layerwright/vfs'

const found = (overlay: Overlay, path: string): Stat | undefined => {
  try {
    return overlay.lstat(path)
  } catch (error) {
    if (isFsError(error, 'ENOENT') || isFsError(error, 'ENOTDIR')) return undefined
    throw error
  }
}

/**
 * Does to an overlay what the changes say, so that they become its upper directory: hard links are links again and a later write
 * through one name is seen through the other, which a tree handed over as `lower` would not give.
 * Contents are not copied. Costs the changes.
 */
export function replay(overlay: Overlay, changes: readonly LayerChange[]): void {
  const names = new Map<Inode, string>()
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
    if (there) overlay.rm(path, { recursive: true })
    if (inode === null) continue
    const first = names.get(inode)
    if (first === undefined) overlay.graft(path, inode)
    else overlay.link(first, path)
    names.set(inode, path)
  }
  // Children first and times last: every change in a directory sets its time.
  for (const { path, inode } of dirs.reverse()) setAttributes(overlay, path, inode)
}

/** Gives a directory the attributes of an inode, as far as they differ. */
export function setAttributes(overlay: Overlay, path: string, to: Attributes): void {
  const from = overlay.lstat(path)
  if (sameAttributes(from, to)) return
  if (from.uid !== to.uid || from.gid !== to.gid) overlay.chown(path, to.uid, to.gid)
  if (from.mode !== to.mode) overlay.chmod(path, to.mode)
  for (const name of from.xattrs?.keys() ?? []) if (!to.xattrs?.has(name)) overlay.removexattr(path, name)
  for (const [name, value] of to.xattrs ?? []) overlay.setxattr(path, name, value)
  overlay.utimes(path, to.mtimeNs)
}
