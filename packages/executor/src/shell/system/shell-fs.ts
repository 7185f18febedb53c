// Over 300 lines, in one file because these are the system calls: each is short, and all share the checks at the top.

import { type FileSystem, type FileType, mountTable, overlayOf, type Stat } from '@layerwright/vfs'
import { tracedFiles } from '../../traced-files.js'
import type { FileAccess } from '../../types.js'
import { fromBytes, fromName, toName } from './bytes.js'
import { type Credentials, permits } from './credentials.js'
import { descriptorPath, type VirtualFiles, type VirtualNode } from './devices.js'
import { Fifo, FifoFile } from './fifo.js'
import { FileHandle, Writeback } from './file-handle.js'
import { type OpenFile, SystemError } from './open-file.js'
import { isNormal, normalize } from './paths.js'
import { codeOf } from './strerror.js'
import type { Task } from './task.js'

/** What all processes of a run share of the filesystem. */
export interface SharedFs {
  readonly tree: FileSystem
  readonly virtual: VirtualFiles
  readonly writeback: Writeback
  readonly onAccess: ((access: FileAccess) => void) | undefined
  readonly now: () => number
  /** Named pipes that are open, by device and inode. */
  readonly fifos: Map<string, Fifo>
}

export function sharedFs(
  tree: FileSystem,
  virtual: VirtualFiles,
  now: () => number,
  onAccess: ((access: FileAccess) => void) | undefined,
): SharedFs {
  const bounded = mountTable(tree)?.some(({ source }) => overlayOf(source)?.options.maxBytes) ?? false
  return {
    tree: onAccess ? tracedFiles(tree, onAccess) : tree,
    virtual,
    writeback: new Writeback(bounded),
    onAccess,
    now,
    fifos: new Map(),
  }
}

export interface CreateOptions {
  readonly append?: boolean
  readonly exclusive?: boolean
  /** `>` under `set -C`. */
  readonly noclobber?: boolean
  readonly read?: boolean
  readonly keep?: boolean
  readonly mode?: number
}

const KEEP = { follow: false }

/** A place that the tree does not hold. */
class VirtualPlace {
  readonly path: string
  readonly node: VirtualNode

  constructor(path: string, node: VirtualNode) {
    this.path = path
    this.node = node
  }
}

/**
 * The system calls of one process: the tree with its virtual files, seen with a process's credentials and umask. Paths are
 * absolute byte strings. Errors carry POSIX codes.
 */
export class ShellFs {
  readonly shared: SharedFs
  readonly who: Credentials
  umask: number

  constructor(shared: SharedFs, who: Credentials, umask: number) {
    this.shared = shared
    this.who = who
    this.umask = umask
  }

  /** The view of a child process. */
  fork(who: Credentials = this.who): ShellFs {
    return new ShellFs(this.shared, who, this.umask)
  }

  private get tree(): FileSystem {
    this.shared.writeback.settle()
    return this.shared.tree
  }

  /** The virtual file at a path, following links of the tree that lead into /dev and the like. */
  private virtualAt(path: string, follow: boolean): VirtualPlace | undefined {
    const { virtual } = this.shared
    let place = normalize(path)
    for (let hops = 0; hops < 40; hops++) {
      const node = virtual.get(place)
      if (node) {
        if (node.type !== 'symlink' || !follow) return new VirtualPlace(place, node)
        place = node.target!
        continue
      }
      if (!follow || virtual.owns(place)) return undefined
      const target = this.linkTarget(place)
      if (target === undefined) return undefined
      place = normalize(target.startsWith('/') ? target : `${place}/../${target}`)
    }
    return undefined
  }

  private linkTarget(path: string): string | undefined {
    try {
      const name = toName(path)
      return this.shared.tree.lookup(name, KEEP)?.type === 'symlink' ? fromName(this.shared.tree.readlink(name)) : undefined
    } catch (error) {
      if (codeOf(error)) return undefined
      throw error
    }
  }

  /** What lies at a path, virtual or in the tree: in one walk where no link is at its end. */
  private at(path: string, follow: boolean): VirtualPlace | Stat | undefined {
    if (isNormal(path) && !this.shared.virtual.owns(path)) {
      const stat = this.tree.lookup(toName(path), KEEP)
      if (!follow || stat?.type !== 'symlink') {
        if (stat) this.reach(path)
        return stat
      }
    }
    const virtual = this.virtualAt(path, follow)
    if (virtual) return virtual
    this.reach(path)
    return this.tree.lookup(toName(path), follow ? undefined : KEEP)
  }

  private statAt(path: string, follow: boolean): Stat | undefined {
    const found = this.at(path, follow)
    return found instanceof VirtualPlace ? this.shared.virtual.stat(found.path, found.node, this.shared.now()) : found
  }

  /** @throws what the system says of a path that leads nowhere */
  private missing(path: string): Stat {
    this.reach(path)
    return this.tree.stat(toName(path))
  }

  /** `/dev/fd/N` after links: the caller's descriptor N. */
  descriptor(path: string): number | undefined {
    if (!path.includes('/')) return undefined
    let place = normalize(path)
    for (let hops = 0; hops < 10; hops++) {
      const match = descriptorPath.exec(place)
      if (match) return Number(match[1])
      const node = this.shared.virtual.get(place)
      const target = node ? node.target : this.shared.virtual.owns(place) ? undefined : this.linkTarget(place)
      if (target === undefined) return undefined
      place = normalize(target.startsWith('/') ? target : `${place}/../${target}`)
    }
    return undefined
  }

  /** Search permission on every directory above `path`; nothing to do for root. */
  private reach(path: string): void {
    if (this.who.uid === 0) return
    const parts = path.split('/').filter((part) => part !== '')
    let place = ''
    for (const part of parts.slice(0, -1)) {
      this.needs(place || '/', 1)
      place += `/${part}`
    }
    if (parts.length > 0) this.needs(place || '/', 1)
  }

  private needs(path: string, bits: number): void {
    const virtual = this.virtualAt(path, true)
    const stat = virtual ? this.shared.virtual.stat(virtual.path, virtual.node, 0) : this.tree.stat(toName(path))
    if ((bits & 1) !== 0 && stat.type !== 'dir') throw new SystemError('ENOTDIR')
    if (!permits(stat, this.who, bits)) throw new SystemError('EACCES')
  }

  /** Leave to add, remove or rename an entry. */
  private needsParent(path: string, removes = false): Stat {
    if (this.shared.virtual.owns(normalize(path))) throw new SystemError(removes ? 'EBUSY' : 'EACCES')
    const parent = parentOf(path)
    this.reach(path)
    const stat = this.tree.stat(toName(parent))
    if (this.who.uid !== 0) {
      if (!permits(stat, this.who, 3)) throw new SystemError('EACCES')
      if (removes && (stat.mode & 0o1000) !== 0 && stat.uid !== this.who.uid) {
        if (this.tree.lstat(toName(path)).uid !== this.who.uid) throw new SystemError('EPERM')
      }
    }
    return stat
  }

  /** Gives a new entry to its maker; a setgid directory hands its group on. */
  private own(path: string, parent: Stat): void {
    const gid = (parent.mode & 0o2000) !== 0 ? parent.gid : this.who.gid
    if (this.who.uid !== 0 || gid !== 0) this.tree.chown(toName(path), this.who.uid, gid, { nofollow: true })
  }

  stat(path: string): Stat {
    return this.statAt(path, true) ?? this.missing(path)
  }

  lstat(path: string): Stat {
    return this.statAt(path, false) ?? this.missing(path)
  }

  /** `stat` or undefined where there is nothing. */
  find(path: string, follow = true): Stat | undefined {
    try {
      return this.statAt(path, follow)
    } catch (error) {
      if (codeOf(error)) return undefined
      throw error
    }
  }

  access(path: string, bits: number): boolean {
    const stat = this.find(path)
    return stat !== undefined && permits(stat, this.who, bits)
  }

  realpath(path: string): string {
    const virtual = this.virtualAt(path, true)
    if (virtual) return virtual.path
    this.reach(path)
    return fromName(this.tree.realpath(toName(path)))
  }

  readlink(path: string): string {
    const virtual = this.virtualAt(path, false)
    if (virtual) {
      if (virtual.node.target === undefined) throw new SystemError('EINVAL')
      return virtual.node.target
    }
    this.reach(path)
    return fromName(this.tree.readlink(toName(path)))
  }

  /** Names and types, in byte order. */
  readdir(path: string): { name: string; type: FileType }[] {
    const place = normalize(path)
    const virtual = this.virtualAt(path, true)
    if (virtual && virtual.node.type !== 'dir') throw new SystemError('ENOTDIR')
    const children = this.shared.virtual.children(virtual?.path ?? place)
    const entries: { name: string; type: FileType }[] = [...children]
    if (!virtual) {
      this.reach(path)
      if (this.who.uid !== 0) this.needs(path, 4)
      for (const { name: given, type } of this.tree.readdir(toName(path))) {
        const name = fromName(given)
        if (!children.some((child) => child.name === name)) entries.push({ name, type })
      }
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Opens for reading. */
  open(path: string): OpenFile {
    const stat = this.at(path, true) ?? this.missing(path)
    if (stat instanceof VirtualPlace) return openVirtual(stat.node)
    if (!permits(stat, this.who, 4)) throw new SystemError('EACCES')
    if (stat.type === 'dir') throw new SystemError('EISDIR')
    if (stat.type === 'fifo') return this.fifo(stat, false)
    if (stat.type !== 'file') throw new SystemError('ENXIO')
    return new FileHandle(this.tree, toName(path), stat, { read: true, write: false, append: false }, this.shared.writeback)
  }

  /** Opens for writing; creates or truncates unless told otherwise. */
  create(path: string, options: CreateOptions = {}): OpenFile {
    const existing = this.at(path, true)
    if (existing instanceof VirtualPlace) {
      if (existing.node.type === 'dir') throw new SystemError('EISDIR')
      if (existing.node.type === 'file') throw new SystemError('EROFS')
      return openVirtual(existing.node)
    }
    if (path.endsWith('/')) throw new SystemError('EISDIR')
    const name = toName(path)
    const mode = { read: options.read ?? false, write: true, append: options.append ?? false }
    if (existing) {
      if (existing.type === 'dir') throw new SystemError('EISDIR')
      if (options.exclusive || (options.noclobber && existing.type === 'file')) throw new SystemError('EEXIST')
      if (!permits(existing, this.who, options.read ? 6 : 2)) throw new SystemError('EACCES')
      if (existing.type === 'fifo') return this.fifo(existing, true)
      if (existing.type !== 'file') throw new SystemError('ENXIO')
      if (!options.append && !options.keep) this.tree.truncate(name, 0)
      return new FileHandle(this.tree, name, existing, mode, this.shared.writeback)
    }
    const place = this.throughDangling(path)
    const parent = this.needsParent(place)
    this.tree.writeFile(toName(place), new Uint8Array(), { mode: (options.mode ?? 0o666) & ~this.umask, flag: 'wx' })
    this.own(place, parent)
    return new FileHandle(this.tree, name, this.tree.stat(name), mode, this.shared.writeback)
  }

  private fifo(stat: Stat, writes: boolean): OpenFile {
    const key = `${stat.dev}:${stat.ino}`
    const { fifos } = this.shared
    const fifo = fifos.get(key) ?? new Fifo()
    fifos.set(key, fifo)
    return new FifoFile(fifo, writes)
  }

  /** Where a file is really made when the path is a link to nothing. */
  private throughDangling(path: string): string {
    let place = path
    for (let hops = 0; hops < 40; hops++) {
      const target = this.linkTarget(place)
      if (target === undefined) return place
      place = target.startsWith('/') ? target : `${parentOf(place)}/${target}`
    }
    throw new SystemError('ELOOP')
  }

  async readFile(task: Task, path: string): Promise<string> {
    const file = this.open(path)
    try {
      let text = ''
      for (let bytes = await file.read(task, 1 << 20); bytes; bytes = await file.read(task, 1 << 20)) text += fromBytes(bytes)
      return text
    } finally {
      file.release()
    }
  }

  mkdir(path: string, mode = 0o777): void {
    const trimmed = path.replace(/(?<=.)\/+$/, '')
    if (this.find(trimmed, false)) throw new SystemError('EEXIST')
    const parent = this.needsParent(trimmed)
    this.tree.mkdir(toName(trimmed), { mode: (mode & ~this.umask & 0o1777) | (parent.mode & 0o2000) })
    this.own(trimmed, parent)
  }

  rmdir(path: string): void {
    this.needsParent(path, true)
    this.tree.rmdir(toName(path))
  }

  unlink(path: string): void {
    this.needsParent(path, true)
    this.tree.unlink(toName(path))
  }

  rename(from: string, to: string): void {
    this.needsParent(from, true)
    this.needsParent(to, this.find(to, false) !== undefined)
    this.tree.rename(toName(from), toName(to))
    this.shared.writeback.renamed(toName(from), toName(to))
  }

  link(existing: string, path: string): void {
    this.needsParent(path)
    this.reach(existing)
    this.tree.link(toName(existing), toName(path))
  }

  symlink(target: string, path: string): void {
    const parent = this.needsParent(path)
    this.tree.symlink(toName(target), toName(path))
    this.own(path, parent)
  }

  mknod(path: string, type: 'fifo' | 'char' | 'block', mode: number, major = 0, minor = 0): void {
    if (type !== 'fifo' && this.who.uid !== 0) throw new SystemError('EPERM')
    const parent = this.needsParent(path)
    this.tree.mknod(toName(path), { type, mode: mode & ~this.umask, major, minor })
    this.own(path, parent)
  }

  private needsOwner(path: string, nofollow = false): Stat {
    if (this.virtualAt(path, !nofollow)) throw new SystemError('EPERM')
    this.reach(path)
    const stat = nofollow ? this.tree.lstat(toName(path)) : this.tree.stat(toName(path))
    if (this.who.uid !== 0 && stat.uid !== this.who.uid) throw new SystemError('EPERM')
    return stat
  }

  chmod(path: string, mode: number): void {
    const stat = this.needsOwner(path)
    const inGroup = this.who.uid === 0 || stat.gid === this.who.gid || this.who.groups.includes(stat.gid)
    this.tree.chmod(toName(path), inGroup ? mode : mode & ~0o2000)
  }

  /** A negative id leaves that one as it is. The kernel takes setuid (and setgid of executables) away from files. */
  chown(path: string, uid: number, gid: number, nofollow = false): void {
    const stat = this.needsOwner(path, nofollow)
    const newUid = uid < 0 ? stat.uid : uid
    const newGid = gid < 0 ? stat.gid : gid
    if (this.who.uid !== 0) {
      const mine = newGid === stat.gid || newGid === this.who.gid || this.who.groups.includes(newGid)
      if (newUid !== stat.uid || !mine) throw new SystemError('EPERM')
    }
    this.tree.chown(toName(path), newUid, newGid, { nofollow })
    const cleared = (stat.mode & 0o10) !== 0 ? stat.mode & ~0o6000 : stat.mode & ~0o4000
    if (stat.type === 'file' && cleared !== stat.mode) this.tree.chmod(toName(path), cleared)
  }

  /** `explicit`: a given time needs the owner; "now" only leave to write. */
  utimes(path: string, mtimeNs: bigint, options: { readonly nofollow?: boolean; readonly explicit?: boolean } = {}): void {
    if (this.virtualAt(path, !options.nofollow)) return
    const stat = options.nofollow ? this.lstat(path) : this.stat(path)
    if (this.who.uid !== 0 && stat.uid !== this.who.uid && (options.explicit || !permits(stat, this.who, 2))) {
      throw new SystemError(options.explicit ? 'EPERM' : 'EACCES')
    }
    this.tree.utimes(toName(path), mtimeNs, { nofollow: options.nofollow ?? false })
  }

  truncate(path: string, size: number): void {
    this.needs(path, 2)
    this.tree.truncate(toName(path), size)
  }

  /** Nanoseconds since 1970, as files are stamped. */
  nowNs(): bigint {
    return BigInt(Math.floor(this.shared.now() * 1000)) * 1000n
  }
}

function parentOf(path: string): string {
  const trimmed = path.replace(/(?<=.)\/+$/, '')
  return trimmed.slice(0, trimmed.lastIndexOf('/')) || '/'
}

function openVirtual(node: VirtualNode): OpenFile {
  if (node.type === 'dir') throw new SystemError('EISDIR')
  if (!node.open) throw new SystemError('ENXIO')
  return node.open()
}
