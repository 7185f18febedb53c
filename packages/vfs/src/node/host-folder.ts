/** A folder (or one file) of the host as a mountable filesystem: what a bind mount shows. */
import {
  chownSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  openSync,
  type PathLike,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { readAllSync } from '../content/read.js'
import type { Mountable, Node } from '../driver.js'
import { FsError } from '../errors.js'
import type { AttributesInit, NodeInit } from '../inode.js'
import { compareNames, decodeName, encodeName } from '../names.js'
import type { Content, DirEntry, FileType, Stat } from '../types.js'
import { hostError, onHost } from './errno.js'
import { type HostNode, NodeContent } from './host-node.js'
import { deviceNumbers, typeOfStat } from './host-stat.js'
import { changeMode, makeDirectory, makeFile, PIECE, synchronous, WRITE_FLAGS, writeAll, writeContent } from './host-write.js'
import { HostRoot } from './rooted.js'

/** A bind mount's source. Close it when nothing uses it any more. */
export interface HostFolder extends Mountable {
  /**
   * Where a node lies on the host now, for another program that shall mount it, and which inode it is (`dev:ino` in decimal, as stat(1) prints
   * them): whoever uses the path has to see that it leads there.
   */
  place(node: Node): { readonly path: string; readonly inode: string }
  close(): void
}

/**
 * The host folder or file at `path`, live: reads and writes go to the host at once. It stays the folder it was given even when
 * that is renamed on the host. Links inside it are never followed here; the view resolves them, inside the view.
 *
 * Not possible through Node, and refused with ENOTSUP: device nodes, fifos and extended attributes. Times are set to about
 * a microsecond. What is made belongs to the process' user.
 * @throws FsError ENOENT, EACCES … where it cannot be opened.
 */
export function hostFolder(path: string, options: { readonly readonly?: boolean } = {}): HostFolder {
  return new HostDriver(HostRoot.open(path), options.readonly === true)
}

class HostDriver implements HostFolder {
  readonly readonly: boolean
  readonly #root: HostRoot
  readonly #held: HostRoot[] = []

  constructor(root: HostRoot, readonly: boolean) {
    this.#root = root
    this.readonly = readonly
  }

  close(): void {
    for (const root of [this.#root, ...this.#held]) root.close()
  }

  get root(): Node {
    return { root: this.#root, parts: [], stat: onHost('stat', this.#root.path, () => this.#root.stat()) } satisfies HostNode
  }

  lookup(dir: Node, name: string): Node | undefined {
    const { root, parts } = dir as HostNode
    try {
      const stat = root.at(parts, name, (path) => lstatSync(path, { bigint: true }))
      return { root, parts: [...parts, name], stat } satisfies HostNode
    } catch (error) {
      const failure = hostError('lookup', name, error)
      if (failure instanceof FsError && (failure.code === 'ENOENT' || failure.code === 'ENOTDIR')) return undefined
      throw failure
    }
  }

  typeOf(node: Node): FileType {
    return typeOf((node as HostNode).stat)
  }

  stat(node: Node, dev: number): Stat {
    // A held root was looked at when it was mounted; its node is asked again.
    const { root, parts, stat } = node as HostNode
    const now = parts.length === 0 ? root.stat() : stat
    return {
      type: typeOf(now),
      mode: Number(now.mode & 0o7777n),
      uid: Number(now.uid),
      gid: Number(now.gid),
      mtimeNs: now.mtimeNs,
      size: now.isDirectory() ? 0 : Number(now.size),
      nlink: Number(now.nlink),
      ino: Number(now.ino),
      dev,
      ...deviceNumbers(now),
    }
  }

  list(dir: Node): DirEntry[] {
    const { root, parts } = dir as HostNode
    return this.#do('readdir', dir, () =>
      root.inside(parts, (folder) => {
        const entries: DirEntry[] = []
        for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
          const name = decodeName(entry.name)
          entries.push({ name, type: typeOf(entry) })
        }
        return entries.sort((a, b) => compareNames(a.name, b.name))
      }),
    )
  }

  readlink(link: Node): string {
    return this.#path('readlink', link, (path) => decodeName(readlinkSync(path, { encoding: 'buffer' })))
  }

  content(file: Node): Content {
    return new NodeContent(file as HostNode)
  }

  same(a: Node, b: Node): boolean {
    const [x, y] = [(a as HostNode).stat, (b as HostNode).stat]
    return x.ino === y.ino && x.dev === y.dev
  }

  hold(node: Node): Node {
    const { root, parts, stat } = node as HostNode
    if (parts.length === 0) return node
    const held = this.#do('open', node, () => root.reopen(parts.slice(0, -1), parts.at(-1)!))
    this.#held.push(held)
    return { root: held, parts: [], stat } satisfies HostNode
  }

  place(node: Node): { path: string; inode: string } {
    const { root } = this.hold(node) as HostNode
    const { dev, ino } = root.stat()
    return { path: this.#do('readlink', node, () => root.where()), inode: `${dev}:${ino}` }
  }

  create(dir: Node, name: string, init: NodeInit, mode: number): Node {
    const { root, parts } = dir as HostNode
    if (init.type === 'char' || init.type === 'block' || init.type === 'fifo') throw unsupported('mknod', name)
    if (init.type === 'file') synchronous(init.content)
    this.#do('create', dir, () =>
      root.at(parts, name, (path) => {
        if (init.type === 'symlink') symlinkSync(Buffer.from(encodeName(init.target)), path)
        else if (init.type === 'dir') makeDirectory(path, mode)
        else makeFile(path, mode, init.content)
      }),
    )
    return this.lookup(dir, name) ?? { root, parts: [...parts, name], stat: root.stat() }
  }

  link(node: Node, dir: Node, name: string): void {
    const target = dir as HostNode
    this.#path('link', node, (from) => target.root.at(target.parts, name, (path) => linkSync(from, path)))
  }

  unlink(dir: Node, name: string): void {
    this.#child('unlink', dir, name, unlinkSync)
  }

  rmdir(dir: Node, name: string): void {
    this.#child('rmdir', dir, name, rmdirSync)
  }

  rename(fromDir: Node, fromName: string, toDir: Node, toName: string): void {
    const target = toDir as HostNode
    this.#child('rename', fromDir, fromName, (from) => target.root.at(target.parts, toName, (to) => renameSync(from, to)))
  }

  write(file: Node, offset: number | 'end', data: Uint8Array | Content): void {
    if (!(data instanceof Uint8Array)) synchronous(data)
    this.#opened(file, (fd, size) => {
      const start = offset === 'end' ? size : offset
      if (data instanceof Uint8Array) writeAll(fd, data, start)
      else writeContent(fd, data, start)
    })
  }

  replace(file: Node, content: Content): void {
    synchronous(content)
    // Read first: a content that comes from this very file must not lose its bytes before they are read.
    const small = content.size <= PIECE ? readAllSync(content) : undefined
    this.#opened(file, (fd) => {
      // The file itself, whole: its bytes stay, and it was written to now.
      if (content instanceof NodeContent && content.isOpenAs(fd)) {
        const now = Date.now() / 1000
        futimesSync(fd, now, now)
        return
      }
      ftruncateSync(fd, small ? 0 : content.size)
      if (small) writeAll(fd, small, 0)
      else writeContent(fd, content, 0)
    })
  }

  resize(file: Node, size: number): void {
    this.#opened(file, (fd, before) => {
      if (before !== size) ftruncateSync(fd, size)
    })
  }

  setAttributes(node: Node, { mode, uid, gid, mtimeNs }: AttributesInit): void {
    const { root, parts, stat } = node as HostNode
    const link = stat.isSymbolicLink()
    this.#path('setattr', node, (path) => {
      if (uid !== undefined || gid !== undefined) {
        const [owner, group] = [uid ?? Number(stat.uid), gid ?? Number(stat.gid)]
        if (parts.length === 0) chownSync(path, owner, group)
        else lchownSync(path, owner, group)
      }
      if (mode !== undefined && !link) changeMode(root, parts, path, mode)
      if (mtimeNs !== undefined) {
        const [atime, mtime] = [Number(stat.atimeNs) / 1e9, Number(mtimeNs) / 1e9]
        if (parts.length === 0) utimesSync(path, atime, mtime)
        else lutimesSync(path, atime, mtime)
      }
    })
  }

  setXattr(_node: Node, name: string): void {
    throw unsupported('setxattr', name)
  }

  /** Runs `work` with the path of the node itself. Its last component must not be followed, unless the node is the root. */
  #path<T>(op: string, node: Node, work: (path: PathLike) => T): T {
    const { root, parts } = node as HostNode
    return this.#do(op, node, () => (parts.length === 0 ? work(root.self) : root.at(parts.slice(0, -1), parts.at(-1)!, work)))
  }

  #child(op: string, dir: Node, name: string, work: (path: PathLike) => void): void {
    const { root, parts } = dir as HostNode
    this.#do(op, dir, () => root.at(parts, name, work))
  }

  #opened(file: Node, work: (fd: number, size: number) => void): void {
    const { parts } = file as HostNode
    this.#path('open', file, (path) => {
      // The root is named by a link to its open inode, which has to be followed.
      const fd = openSync(path, parts.length === 0 ? WRITE_FLAGS & ~(constants.O_NOFOLLOW ?? 0) : WRITE_FLAGS)
      try {
        const stat = fstatSync(fd)
        if (!stat.isFile()) throw new FsError('ENXIO', 'open', '')
        work(fd, stat.size)
      } finally {
        closeSync(fd)
      }
    })
  }

  #do<T>(op: string, node: Node, work: () => T): T {
    return onHost(op, (node as HostNode).parts.join('/'), work)
  }
}

// Sockets have no type of their own here: they show as what they are most like, and opening them is ENXIO as it is on the host.
const typeOf = (stat: Parameters<typeof typeOfStat>[0]): FileType => typeOfStat(stat) ?? 'fifo'

const unsupported = (op: string, path: string): FsError =>
  new FsError('ENOTSUP', op, path, { detail: 'Node cannot do this on the host: use a volume or the container layer instead' })
