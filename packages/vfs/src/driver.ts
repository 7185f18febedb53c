/**
 * A mountable filesystem, seen from below: operations on nodes, like a kernel's inode operations. Nothing here walks a
 * path, follows a link or knows of mounts: the path layer (`view/`) does that once for all of them. Drivers throw `FsError`
 * with the bare name as its path; the path layer puts the caller's path in its place.
 */
import type { AttributesInit, NodeInit } from './inode.js'
import type { Content, DirEntry, FileType, Stat } from './types.js'

/** A place in a mountable filesystem: opaque, made by its driver, and good for one operation (see `hold`). */
export type Node = object

/** What can be asked of a node. */
export interface NodeReader {
  readonly root: Node
  /** The child of that name, which is never followed; `undefined` where there is none. `dir` is a directory, `name` not `.` or `..`. */
  lookup(dir: Node, name: string): Node | undefined
  typeOf(node: Node): FileType
  /** `dev` is put into the result as it is. */
  stat(node: Node, dev: number): Stat
  /** Sorted by name. */
  list(dir: Node): DirEntry[]
  readlink(link: Node): string
  /** Bytes of a regular file as they are now. */
  content(file: Node): Content
}

/** What can be done to a node. The path layer has checked types, emptiness and mounts as far as it can see them. */
export interface NodeWriter {
  /** Makes a node; EEXIST if the name is taken. Owner and time are the driver's, mode is applied as given. */
  create(dir: Node, name: string, init: NodeInit, mode: number): Node
  /** A second name for a file (not a directory). */
  link(node: Node, dir: Node, name: string): void
  unlink(dir: Node, name: string): void
  /** ENOTEMPTY if it is not empty. */
  rmdir(dir: Node, name: string): void
  /** As rename(2) within this filesystem, replacing what is there; ENOTEMPTY if that is a directory with entries. */
  rename(fromDir: Node, fromName: string, toDir: Node, toName: string): void
  /** Bytes at an offset, in place; a gap reads as zeros. `'end'` appends. Bytes are copied, a content is taken as it is. */
  write(file: Node, offset: number | 'end', data: Uint8Array | Content): void
  /** Replaces all bytes, in place (O_TRUNC and write). */
  replace(file: Node, content: Content): void
  resize(file: Node, size: number): void
  /** Sets what is given of mode, uid, gid and mtime. */
  setAttributes(node: Node, attributes: Omit<AttributesInit, 'xattrs'>): void
  /** Sets an extended attribute, or removes it (`undefined`; ENODATA if there is none). */
  setXattr(node: Node, name: string, value: Uint8Array | undefined): void
}

/** A filesystem that can be mounted. `createOverlay`, `tmpfs` and `hostFolder` make them. */
export interface Mountable extends NodeReader, NodeWriter {
  /** Refuses every write with EROFS, whatever the mount says. */
  readonly readonly?: boolean
  /** The same place as a node that stays valid while the filesystem changes: what a mount of a subfolder keeps. */
  hold(node: Node): Node
  /** Whether two nodes are two names of one file, so that renaming one to the other does nothing. */
  same(a: Node, b: Node): boolean
  /** Where a node lies now, as a path from the root without a leading slash; `undefined` where it has no name any more. */
  pathOf?(node: Node): string | undefined
  /** Removes a directory with everything below it in one go, where the driver can do that cheaper than one by one. */
  removeTree?(dir: Node, name: string): void
}
