/** Constructors of frozen inodes. Each call makes a new identity. */
import type { Attributes, Content, DeviceInode, DirInode, FifoInode, FileInode, Inode, Snapshot, SymlinkInode, Xattrs } from './types.js'

/** What a constructor may be told about the inode; the rest has the defaults of its kind, owner 0:0 and time 0. */
export type AttributesInit = Partial<Attributes>

const NO_ENTRIES: ReadonlyMap<string, Inode> = new Map()

/** An empty map is the same as none, so that no two equal inodes differ in it. */
export const xattrsOrNone = (xattrs: Xattrs | undefined): Xattrs | undefined => (xattrs && xattrs.size > 0 ? xattrs : undefined)

// Each kind is one literal with all its fields in one order: one hidden class per kind, no dictionary objects.

/** A regular file; mode 0644 by default. */
export function fileInode(content: Content, attributes: AttributesInit = {}): FileInode {
  const { mode = 0o644, uid = 0, gid = 0, mtimeNs = 0n, xattrs } = attributes
  return { type: 'file', mode, uid, gid, mtimeNs, xattrs: xattrsOrNone(xattrs), content }
}

/** A directory; mode 0755 by default. `entries` is not copied and must not be changed afterwards. */
export function dirInode(entries: ReadonlyMap<string, Inode> = NO_ENTRIES, attributes: AttributesInit = {}): DirInode {
  const { mode = 0o755, uid = 0, gid = 0, mtimeNs = 0n, xattrs } = attributes
  return { type: 'dir', mode, uid, gid, mtimeNs, xattrs: xattrsOrNone(xattrs), entries }
}

/** A symbolic link; mode 0777 by default. The target is kept verbatim. */
export function symlinkInode(target: string, attributes: AttributesInit = {}): SymlinkInode {
  const { mode = 0o777, uid = 0, gid = 0, mtimeNs = 0n, xattrs } = attributes
  return { type: 'symlink', mode, uid, gid, mtimeNs, xattrs: xattrsOrNone(xattrs), target }
}

/** A character or block device; mode 0644 by default. */
export function deviceInode(type: 'char' | 'block', major: number, minor: number, attributes: AttributesInit = {}): DeviceInode {
  const { mode = 0o644, uid = 0, gid = 0, mtimeNs = 0n, xattrs } = attributes
  return { type, mode, uid, gid, mtimeNs, xattrs: xattrsOrNone(xattrs), major, minor }
}

/** A fifo; mode 0644 by default. */
export function fifoInode(attributes: AttributesInit = {}): FifoInode {
  const { mode = 0o644, uid = 0, gid = 0, mtimeNs = 0n, xattrs } = attributes
  return { type: 'fifo', mode, uid, gid, mtimeNs, xattrs: xattrsOrNone(xattrs) }
}

/** A tree with nothing in it: its root directory, mode 0755 by default. */
export function emptySnapshot(attributes: AttributesInit = {}): Snapshot {
  return dirInode(NO_ENTRIES, attributes)
}

/** The same inode under a new identity, with `changes` applied. A directory keeps its entries (the map is shared). */
export function cloneInode<T extends Inode>(inode: T, changes: AttributesInit = {}): T {
  const xattrs = 'xattrs' in changes ? xattrsOrNone(changes.xattrs) : inode.xattrs
  return { ...inode, ...changes, xattrs }
}

/** Bytes as `stat` counts them: of a file's content, of a link's target, else 0. */
export function sizeOf(inode: Inode, bytesOf: (text: string) => number): number {
  return inode.type === 'file' ? inode.content.size : inode.type === 'symlink' ? bytesOf(inode.target) : 0
}

/** Whether two inodes carry the same mode, owner, time and extended attributes. Type and content are not looked at. */
export function sameAttributes(a: Attributes, b: Attributes): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.mtimeNs === b.mtimeNs && sameXattrs(a.xattrs, b.xattrs)
}

/** Whether two sets of extended attributes hold the same names and bytes. */
export function sameXattrs(a: Xattrs | undefined, b: Xattrs | undefined): boolean {
  if (a === b) return true
  if ((a?.size ?? 0) !== (b?.size ?? 0)) return false
  for (const [name, value] of a ?? []) {
    const other = b?.get(name)
    if (!other || other.length !== value.length || !value.every((byte, i) => byte === other[i])) return false
  }
  return true
}

/** What a node is asked to become when it is made. */
export type NodeInit =
  | { readonly type: 'file'; readonly content: Content }
  | { readonly type: 'dir' }
  | { readonly type: 'fifo' }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'char'; readonly major: number; readonly minor: number }
  | { readonly type: 'block'; readonly major: number; readonly minor: number }

/** An inode of the kind that `init` names. */
export function inodeFrom(init: NodeInit, attributes: AttributesInit): Inode {
  switch (init.type) {
    case 'file':
      return fileInode(init.content, attributes)
    case 'dir':
      return dirInode(new Map(), attributes)
    case 'symlink':
      return symlinkInode(init.target, attributes)
    case 'fifo':
      return fifoInode(attributes)
    default:
      return deviceInode(init.type, init.major, init.minor, attributes)
  }
}

/** The same attributes without one of them. */
export function withoutXattr(xattrs: Xattrs | undefined, name: string): Xattrs | undefined {
  if (!xattrs?.has(name)) return xattrs
  const rest = new Map(xattrs)
  rest.delete(name)
  return rest.size > 0 ? rest : undefined
}
