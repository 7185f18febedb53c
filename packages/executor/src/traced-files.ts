import {
  type Content,
  type DirEntry,
  type FileSystem,
  type FileType,
  isFsError,
  type LookupOptions,
  NameWatch,
  type Stat,
  type WalkedName,
  type WriteOptions,
  type Xattrs,
} from '@layerwright/vfs'
import type { FileAccess } from './types.js'

type Kind = Exclude<FileAccess['kind'], 'env' | 'untraced' | 'lookup'>
type Say = (kind: Kind, name: WalkedName) => void

/**
 * A filesystem that tells what is looked at through it. Every name that a path goes through is told as a `lookup` under its real path, links and parents
 * too, by the walk itself; what is asked of the end of a path under its own kind. A change tells of what it depends on: a file that is appended to was
 * read, a directory that is renamed takes its whole tree with it. Each look is told once.
 * @param files a view of `@layerwright/vfs`; of another filesystem nobody knows how it walks, which is told as `untraced`
 */
export function tracedFiles(files: FileSystem, tell: (access: FileAccess) => void): FileSystem {
  const watch = new NameWatch(({ path }) => tell({ kind: 'lookup', path }))
  const watched = watch.over(files)
  if (watched) return new TracedFiles(watched, watch, tell)
  tell({ kind: 'untraced', reason: 'its filesystem was not made by @layerwright/vfs, so what it looks at is not known' })
  return files
}

/** What of a name was told, and what a kind tells: who knows all attributes knows the owner. */
const TOLD: Readonly<Record<Kind, number>> = { mode: 1, stat: 2 | 1, read: 4, readdir: 8, tree: 16 }
/** The old bytes of this file are gone since this run wrote it anew. What comes to lie there later, by a rename or a link, is told then. */
const EMPTIED = 32

class TracedFiles implements FileSystem {
  private readonly files: FileSystem
  private readonly watch: NameWatch
  private readonly say: Say

  constructor(files: FileSystem, watch: NameWatch, tell: (access: FileAccess) => void) {
    this.files = files
    this.watch = watch
    this.say = (kind, name) => {
      const bits = TOLD[kind]
      if ((name.notes & bits) === bits) return
      name.notes |= bits
      tell({ kind, path: name.path })
    }
  }

  /** Where a path leads, or would. */
  private place(path: string, follow: boolean): WalkedName {
    // What is wrong with the path is said by what it is wanted for.
    if (follow) this.files.exists(path)
    else attempt(() => this.files.lookup(path, { follow }))
    return this.watch.last
  }

  /** Attributes are told when somebody reads them: most callers want the type alone. */
  private traced(stat: Stat): Stat {
    const { last } = this.watch
    return (last.notes & TOLD.stat) === TOLD.stat ? stat : new TracedStat(stat, last, this.say)
  }

  // Reading. Where it fails, it is by what the names on the way are, which the walk told.

  stat(path: string): Stat {
    return this.traced(this.files.stat(path))
  }
  lstat(path: string): Stat {
    return this.traced(this.files.lstat(path))
  }
  lookup(path: string, options?: LookupOptions): Stat | undefined {
    const stat = this.files.lookup(path, options)
    return stat && this.traced(stat)
  }
  exists(path: string): boolean {
    return this.files.exists(path)
  }
  realpath(path: string): string {
    return this.files.realpath(path)
  }
  readlink(path: string): string {
    return this.files.readlink(path)
  }
  readdir(path: string): DirEntry[] {
    const entries = this.files.readdir(path)
    this.say('readdir', this.watch.last)
    return entries
  }
  open(path: string): Content {
    const content = this.files.open(path)
    this.say('read', this.watch.last)
    return content
  }
  async readFile(path: string): Promise<Uint8Array> {
    const reading = this.files.readFile(path)
    this.say('read', this.watch.last)
    return reading
  }

  // Bytes

  writeFile(path: string, data: Uint8Array | string | Content, options?: WriteOptions): void {
    if (options?.flag === 'a') this.amend(path)
    this.files.writeFile(path, data, options)
    if (options?.flag !== 'a') this.watch.last.notes |= EMPTIED
  }
  writeAt(path: string, offset: number, data: Uint8Array): void {
    this.amend(path)
    this.files.writeAt(path, offset, data)
  }
  truncate(path: string, size: number): void {
    if (size > 0) this.amend(path)
    this.files.truncate(path, size)
    if (size === 0) this.watch.last.notes |= EMPTIED
  }
  private amend(path: string): void {
    const place = this.place(path, true)
    if ((place.notes & EMPTIED) === 0) this.say('read', place)
  }

  // Names

  mkdir(path: string, options?: { readonly mode?: number; readonly recursive?: boolean }): void {
    this.files.mkdir(path, options)
  }
  rmdir(path: string): void {
    this.say('readdir', this.place(path, false))
    this.files.rmdir(path)
  }
  unlink(path: string): void {
    this.files.unlink(path)
  }
  rm(path: string, options?: { readonly recursive?: boolean; readonly force?: boolean }): void {
    this.say('tree', this.place(path, false))
    this.files.rm(path, options)
  }
  rename(from: string, to: string): void {
    this.say('tree', this.place(from, false))
    this.say('readdir', this.place(to, false))
    this.files.rename(from, to)
  }
  link(existing: string, path: string): void {
    this.say('read', this.place(existing, false))
    this.files.link(existing, path)
  }
  symlink(target: string, path: string): void {
    this.files.symlink(target, path)
  }
  mknod(path: string, node: Parameters<FileSystem['mknod']>[1]): void {
    this.files.mknod(path, node)
  }

  // Attributes. What these change is changed as a whole: whoever keeps the changes compares what was there.

  chmod(path: string, mode: number): void {
    this.files.chmod(path, mode)
  }
  chown(path: string, uid: number, gid: number, options?: { readonly nofollow?: boolean }): void {
    this.files.chown(path, uid, gid, options)
  }
  utimes(path: string, mtimeNs: bigint, options?: { readonly nofollow?: boolean }): void {
    this.files.utimes(path, mtimeNs, options)
  }
  setxattr(path: string, name: string, value: Uint8Array, options?: { readonly nofollow?: boolean }): void {
    this.files.setxattr(path, name, value, options)
  }
  removexattr(path: string, name: string, options?: { readonly nofollow?: boolean }): void {
    this.files.removexattr(path, name, options)
  }
}

function attempt(look: () => unknown): void {
  try {
    look()
  } catch (error) {
    if (!isFsError(error)) throw error
  }
}

class TracedStat implements Stat {
  private readonly stat: Stat
  private readonly name: WalkedName
  private readonly say: Say

  constructor(stat: Stat, name: WalkedName, say: Say) {
    this.stat = stat
    this.name = name
    this.say = say
  }

  get type(): FileType {
    return this.stat.type
  }
  get dev(): number {
    return this.stat.dev
  }

  private get owner(): Stat {
    this.say('mode', this.name)
    return this.stat
  }
  get mode(): number {
    return this.owner.mode
  }
  get uid(): number {
    return this.owner.uid
  }
  get gid(): number {
    return this.owner.gid
  }
  get xattrs(): Xattrs | undefined {
    return this.owner.xattrs
  }

  private get rest(): Stat {
    this.say('stat', this.name)
    return this.stat
  }
  get mtimeNs(): bigint {
    return this.rest.mtimeNs
  }
  get major(): number | undefined {
    return this.rest.major
  }
  get minor(): number | undefined {
    return this.rest.minor
  }
  get size(): number {
    return this.rest.size
  }
  get nlink(): number {
    return this.rest.nlink
  }
  get ino(): number {
    return this.rest.ino
  }
}
