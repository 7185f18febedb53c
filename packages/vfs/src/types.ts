/**
 * The nouns of the filesystem. All metadata is synchronous; bytes are asynchronous (DESIGN, decision 3).
 *
 * Names and paths are strings. A name that is not valid UTF-8 keeps each stray byte b as the lone surrogate U+DC00+b (as
 * Python's "surrogateescape" does), so every POSIX name has exactly one string; `encodeName`/`decodeName` convert.
 */

export type FileType = 'file' | 'dir' | 'symlink' | 'fifo' | 'char' | 'block'

/** Bytes of a file by reference: a slice of a blob, a host file, bytes in memory. Opened lazily, never changed. */
export interface Content {
  /** Bytes. */
  readonly size: number
  /** sha256 of the bytes, where it is already known (`sha256:…`). */
  readonly digest?: string | undefined
  /** Streams `[start, end)`; the whole content by default. Chunks may be views on reused memory: use each before asking for the next. */
  stream(start?: number, end?: number): AsyncIterable<Uint8Array>
  /**
   * Where the bytes can be had at once: copies from `offset` into `target` and gives the number of bytes copied, less than
   * `target.length` only at the end.
   */
  readInto?(target: Uint8Array, offset: number): number
  /** Where the bytes lie in memory anyway: `[start, end)` of them (all by default) without a copy. Never written to. */
  view?(start?: number, end?: number): Uint8Array
}

export type Xattrs = ReadonlyMap<string, Uint8Array>

/** What every inode carries. */
export interface Attributes {
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since 1970; may be negative. */
  readonly mtimeNs: bigint
  readonly xattrs?: Xattrs | undefined
}

export interface FileInode extends Attributes {
  readonly type: 'file'
  readonly content: Content
}
export interface DirInode extends Attributes {
  readonly type: 'dir'
  readonly entries: ReadonlyMap<string, Inode>
}
export interface SymlinkInode extends Attributes {
  readonly type: 'symlink'
  /** Verbatim, never normalised. */
  readonly target: string
}
export interface DeviceInode extends Attributes {
  readonly type: 'char' | 'block'
  readonly major: number
  readonly minor: number
}
export interface FifoInode extends Attributes {
  readonly type: 'fifo'
}

/**
 * A node of a frozen tree. Its identity is the object: two names that hold the same object are hard links, and a subtree that
 * two snapshots share is the same object in both, so that comparing them skips it.
 */
export type Inode = FileInode | DirInode | SymlinkInode | DeviceInode | FifoInode

/** A frozen tree, named by its root directory. */
export type Snapshot = DirInode

/** One line of a layer: the upper directory of an overlay, as data. Sorted by path, parents before children. */
export interface LayerChange {
  /** Without leading slash, `/`-separated, never `''`. */
  readonly path: string
  /** What lies there now; `null`: what lay there below is gone (a whiteout). */
  readonly inode: Inode | null
  /** An ancestor that is repeated so that extracting the layer alone keeps its metadata; nothing about it changed. */
  readonly repeated?: true
}

/** A semantic difference of two trees, as `docker diff` shows it. Sorted by path. */
export interface TreeChange {
  /** A added, C changed, D deleted (only the topmost path of a deleted tree). */
  readonly kind: 'A' | 'C' | 'D'
  /** Absolute. */
  readonly path: string
}

/** What `stat` gives: the values at that moment. `ino` and `nlink` may be accessors: read them by name, a spread does not copy them. */
export interface Stat extends Attributes {
  readonly type: FileType
  readonly size: number
  readonly nlink: number
  /** Same number, same inode (within one mounted filesystem). */
  readonly ino: number
  /** Which mounted filesystem it lies on; rename and link across these are EXDEV. */
  readonly dev: number
  readonly major?: number | undefined
  readonly minor?: number | undefined
}

export interface DirEntry {
  readonly name: string
  readonly type: FileType
}

export interface WriteOptions {
  /** Mode of a file that is created; default 0o644. */
  readonly mode?: number
  /** `w` creates or truncates, `a` appends, `wx` fails with EEXIST. Default `w`. */
  readonly flag?: 'w' | 'a' | 'wx'
}

/** How the last component is treated; links before it are always followed. */
export interface LookupOptions {
  /** Whether a link at the end is followed; default true. */
  readonly follow?: boolean
}

/**
 * Path operations with POSIX results, as uid 0. Relative paths are taken from `/`. Everything throws `FsError`
 * with the POSIX code. Implemented once, over an overlay with its mount table; new files belong to `owner` (default 0:0).
 */
export interface FileSystem {
  stat(path: string): Stat
  lstat(path: string): Stat
  /**
   * As `stat` (`lstat` with `follow: false`), but `undefined` where nothing is: also where a component on the way is no directory, or a link dangles.
   * An error with its stack costs many times what looking costs, so this is how to ask for what may not be there.
   */
  lookup(path: string, options?: LookupOptions): Stat | undefined
  exists(path: string): boolean
  realpath(path: string): string
  readlink(path: string): string
  readdir(path: string): DirEntry[]
  /** Follows links; EISDIR on a directory. */
  open(path: string): Content
  readFile(path: string): Promise<Uint8Array>
  writeFile(path: string, data: Uint8Array | string | Content, options?: WriteOptions): void
  /** In-place write at an offset; a gap reads as zeros. */
  writeAt(path: string, offset: number, data: Uint8Array): void
  truncate(path: string, size: number): void
  mkdir(path: string, options?: { readonly mode?: number; readonly recursive?: boolean }): void
  rmdir(path: string): void
  unlink(path: string): void
  /** Recursive removal; `force` is silent about a missing path. */
  rm(path: string, options?: { readonly recursive?: boolean; readonly force?: boolean }): void
  rename(from: string, to: string): void
  link(existing: string, path: string): void
  symlink(target: string, path: string): void
  mknod(
    path: string,
    node: { readonly type: 'fifo' | 'char' | 'block'; readonly mode: number; readonly major?: number; readonly minor?: number },
  ): void
  chmod(path: string, mode: number): void
  chown(path: string, uid: number, gid: number, options?: { readonly nofollow?: boolean }): void
  utimes(path: string, mtimeNs: bigint, options?: { readonly nofollow?: boolean }): void
  setxattr(path: string, name: string, value: Uint8Array, options?: { readonly nofollow?: boolean }): void
  removexattr(path: string, name: string, options?: { readonly nofollow?: boolean }): void
}
