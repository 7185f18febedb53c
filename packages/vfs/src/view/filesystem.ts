/** `FileSystem` over a root and its mounts: every operation once, for every kind of filesystem below. */
import { readAll } from '../content/read.js'
import { FsError, type FsErrorCode, isFsError } from '../errors.js'
import { limits } from '../limits.js'
import { byteLengthOf } from '../names.js'
import type { Content, DirEntry, FileSystem, LookupOptions, Stat, WriteOptions } from '../types.js'
import { Operation } from './context.js'
import { bytesOf, contentOf, isSize } from './given.js'
import { removeRecursively } from './remove.js'
import { renamePath } from './rename.js'
import { isDirectory, isMountRoot, type Place, pathOf, type Walked, walkPath } from './resolve.js'
import { checkXattr } from './xattr.js'

type Nofollow = { readonly nofollow?: boolean } | undefined

export class ViewFileSystem implements FileSystem {
  readonly #root: Place

  constructor(root: Place) {
    this.#root = root
  }

  /** The root that a filesystem walks from, where it is such a view. */
  static rootOf(filesystem: FileSystem): Place | undefined {
    return #root in filesystem ? filesystem.#root : undefined
  }

  #on(op: string, path: string): Operation {
    return new Operation(this.#root, op, path)
  }

  // Reading

  stat(path: string): Stat {
    const operation = this.#on('stat', path)
    return this.#stat(operation, operation.find('follow'))
  }

  lstat(path: string): Stat {
    const operation = this.#on('lstat', path)
    return this.#stat(operation, operation.find('keep'))
  }

  lookup(path: string, options?: LookupOptions): Stat | undefined {
    const operation = this.#on('lookup', path)
    const walked = operation.tryWalk(options?.follow === false ? 'keep' : 'follow')
    if (typeof walked !== 'string') return walked.place && this.#stat(operation, walked.place)
    return walked === 'ENOENT' || walked === 'ENOTDIR' ? undefined : operation.fail(walked)
  }

  #stat(operation: Operation, { mount, node }: Place): Stat {
    return operation.run(() => mount.driver.stat(node, mount.dev))
  }

  exists(path: string): boolean {
    try {
      const walked = walkPath(this.#root, path, 'follow')
      return typeof walked !== 'string' && walked.place !== undefined
    } catch (error) {
      // The host forbids looking there.
      if (isFsError(error)) return false
      throw error
    }
  }

  realpath(path: string): string {
    return pathOf(this.#on('realpath', path).find('follow'))
  }

  readlink(path: string): string {
    const operation = this.#on('readlink', path)
    const place = operation.find('keep')
    if (operation.typeOf(place) !== 'symlink') throw operation.error('EINVAL')
    return place.mount.driver.readlink(place.node)
  }

  readdir(path: string): DirEntry[] {
    const operation = this.#on('readdir', path)
    const place = operation.find('follow')
    if (!isDirectory(place)) throw operation.error('ENOTDIR')
    const entries = operation.run(() => place.mount.driver.list(place.node))
    const points = place.points?.children
    if (!points || points.size === 0) return entries
    return entries.map((entry) => {
      const mount = points.get(entry.name)?.mount
      return mount ? { name: entry.name, type: mount.driver.typeOf(mount.root) } : entry
    })
  }

  open(path: string): Content {
    const operation = this.#on('open', path)
    const place = operation.file()
    return operation.run(() => place.mount.driver.content(place.node))
  }

  async readFile(path: string): Promise<Uint8Array> {
    return readAll(this.open(path))
  }

  // Bytes

  writeFile(path: string, data: Uint8Array | string | Content, options: WriteOptions = {}): void {
    const operation = this.#on('open', path)
    const { mode = 0o644, flag = 'w' } = options
    const walked = operation.walk(flag === 'wx' || path.endsWith('/') ? 'parent' : 'follow')
    // open(2) with O_CREAT refuses a slash at the end whatever lies there.
    if (path.endsWith('/')) throw operation.error('EISDIR')
    const { place } = walked
    if (!place) {
      this.#createFile(operation, walked, data, mode)
      return
    }
    if (flag === 'wx') throw operation.error('EEXIST')
    operation.regular(place)
    operation.writable(place)
    const { driver } = place.mount
    operation.run(() => (flag === 'a' ? driver.write(place.node, 'end', bytesOf(data)) : driver.replace(place.node, contentOf(data))))
  }

  #createFile(operation: Operation, { dir, name, slash }: Walked, data: Uint8Array | string | Content, mode: number): void {
    if (slash) throw operation.error('EISDIR')
    operation.named(name!)
    operation.writable(dir)
    operation.run(() => dir.mount.driver.create(dir.node, name!, { type: 'file', content: contentOf(data) }, mode))
  }

  writeAt(path: string, offset: number, data: Uint8Array): void {
    const operation = this.#on('write', path)
    if (!isSize(offset) || !isSize(offset + data.length)) throw operation.error('EINVAL')
    const place = this.#writableFile(operation)
    operation.run(() => place.mount.driver.write(place.node, offset, data))
  }

  truncate(path: string, size: number): void {
    const operation = this.#on('truncate', path)
    if (!isSize(size)) throw operation.error('EINVAL')
    const place = this.#writableFile(operation)
    operation.run(() => place.mount.driver.resize(place.node, size))
  }

  #writableFile(operation: Operation): Place {
    const place = operation.file()
    operation.writable(place)
    return place
  }

  // Names

  mkdir(path: string, options: { readonly mode?: number; readonly recursive?: boolean } = {}): void {
    const { mode = 0o755, recursive = false } = options
    if (recursive) {
      this.#mkdirs(path, mode)
      return
    }
    const operation = this.#on('mkdir', path)
    const { dir, name } = operation.vacancy(true)
    operation.run(() => dir.mount.driver.create(dir.node, name, { type: 'dir' }, mode))
  }

  /** Makes what is missing on the way. What is there already must be directories, or links to such. */
  #mkdirs(path: string, mode: number): void {
    const operation = this.#on('mkdir', path)
    let prefix = path.startsWith('/') ? '/' : ''
    for (const part of path.split('/').filter((each) => each !== '')) {
      prefix = prefix === '' || prefix === '/' ? prefix + part : `${prefix}/${part}`
      const walked = walkPath(this.#root, prefix, 'follow')
      if (typeof walked === 'string') throw operation.error(walked)
      else if (!walked.place) this.#mkdirStep(operation, prefix, mode)
      else if (!isDirectory(walked.place)) throw operation.error(prefix.length < path.length ? 'ENOTDIR' : 'EEXIST')
    }
    if (prefix === '') throw operation.error('ENOENT')
  }

  #mkdirStep(operation: Operation, prefix: string, mode: number): void {
    const walked = walkPath(this.#root, prefix, 'parent')
    // Something is there that leads nowhere: a dangling link.
    if (typeof walked === 'string' || walked.place) throw operation.error('EEXIST')
    operation.named(walked.name!)
    operation.writable(walked.dir)
    operation.run(() => walked.dir.mount.driver.create(walked.dir.node, walked.name!, { type: 'dir' }, mode))
  }

  rmdir(path: string): void {
    const operation = this.#on('rmdir', path)
    const { dir, name, end, place } = operation.walk('parent')
    if (name === undefined) throw operation.error(end === 'dot' ? 'EINVAL' : end === 'dotdot' ? 'ENOTEMPTY' : 'EBUSY')
    operation.writable(dir)
    if (!place) throw operation.error('ENOENT')
    if (!isDirectory(place)) throw operation.error('ENOTDIR')
    if (isMountRoot(place)) throw operation.error('EBUSY')
    operation.run(() => dir.mount.driver.rmdir(dir.node, name))
  }

  unlink(path: string): void {
    const operation = this.#on('unlink', path)
    const { dir, name, place, slash } = operation.walk('parent')
    if (name === undefined) throw operation.error('EISDIR')
    operation.writable(dir)
    if (!place) throw operation.error('ENOENT')
    if (isDirectory(place)) throw operation.error('EISDIR')
    if (slash) throw operation.error('ENOTDIR')
    if (isMountRoot(place)) throw operation.error('EBUSY')
    operation.run(() => dir.mount.driver.unlink(dir.node, name))
  }

  rm(path: string, options: { readonly recursive?: boolean; readonly force?: boolean } = {}): void {
    const { recursive = false, force = false } = options
    const operation = this.#on('rm', path)
    const walked = walkPath(this.#root, path, 'parent')
    const missing: FsErrorCode | undefined = typeof walked === 'string' ? walked : walked.place ? undefined : 'ENOENT'
    if (typeof walked === 'string' || missing) {
      if (force && (missing === 'ENOENT' || missing === 'ENOTDIR')) return
      throw operation.error(missing!)
    }
    if (walked.name === undefined) throw operation.error(walked.end === 'root' ? 'EBUSY' : 'EINVAL')
    const place = walked.place!
    if (isDirectory(place) && !recursive) throw operation.error('EISDIR')
    if (!isDirectory(place) && walked.slash) throw operation.error('ENOTDIR')
    removeRecursively(operation, place)
  }

  rename(from: string, to: string): void {
    renamePath(this.#root, from, to)
  }

  link(existing: string, path: string): void {
    const source = this.#on('link', existing)
    const place = source.find('keep')
    const operation = this.#on('link', path)
    const { dir, name, place: taken, slash } = operation.walk('parent')
    if (name === undefined || taken) throw operation.error('EEXIST')
    if (slash) throw operation.error('ENOENT')
    operation.named(name)
    operation.writable(dir)
    if (place.mount !== dir.mount) throw operation.error('EXDEV')
    if (isDirectory(place)) throw source.error('EPERM')
    operation.run(() => dir.mount.driver.link(place.node, dir.node, name))
  }

  symlink(target: string, path: string): void {
    const operation = this.#on('symlink', path)
    if (target === '') throw operation.error('ENOENT')
    if (byteLengthOf(target) > limits.pathBytes) throw operation.error('ENAMETOOLONG')
    if (target.includes('\0')) throw operation.error('EINVAL')
    operation.named(target)
    const { dir, name } = operation.vacancy(false)
    operation.run(() => dir.mount.driver.create(dir.node, name, { type: 'symlink', target }, 0o777))
  }

  mknod(
    path: string,
    node: { readonly type: 'fifo' | 'char' | 'block'; readonly mode: number; readonly major?: number; readonly minor?: number },
  ): void {
    const operation = this.#on('mknod', path)
    const { type, mode, major = 0, minor = 0 } = node
    const { dir, name } = operation.vacancy(false)
    operation.run(() => dir.mount.driver.create(dir.node, name, type === 'fifo' ? { type } : { type, major, minor }, mode))
  }

  // Attributes

  chmod(path: string, mode: number): void {
    this.#change('chmod', path, undefined, (place) => place.mount.driver.setAttributes(place.node, { mode: mode & 0o7777 }))
  }

  chown(path: string, uid: number, gid: number, options?: { readonly nofollow?: boolean }): void {
    // Another number would be cut to 32 bits somewhere on its way into an archive or to a host, and could become root there (S17).
    if (uid !== uid >>> 0 || gid !== gid >>> 0)
      throw new FsError('EINVAL', 'chown', path, { detail: `${uid}:${gid} are no ids of 32 bits` })
    this.#change('chown', path, options, (place) => place.mount.driver.setAttributes(place.node, { uid, gid }))
  }

  utimes(path: string, mtimeNs: bigint, options?: { readonly nofollow?: boolean }): void {
    this.#change('utimes', path, options, (place) => place.mount.driver.setAttributes(place.node, { mtimeNs }))
  }

  setxattr(path: string, name: string, value: Uint8Array, options?: { readonly nofollow?: boolean }): void {
    this.#change('setxattr', path, options, (place, operation) => {
      checkXattr(operation, place, name)
      if (value.length > limits.xattrValueBytes) throw operation.error('E2BIG')
      place.mount.driver.setXattr(place.node, name, value)
    })
  }

  removexattr(path: string, name: string, options?: { readonly nofollow?: boolean }): void {
    this.#change('removexattr', path, options, (place, operation) => {
      checkXattr(operation, place, name)
      place.mount.driver.setXattr(place.node, name, undefined)
    })
  }

  #change(op: string, path: string, options: Nofollow, work: (place: Place, operation: Operation) => void): void {
    const operation = this.#on(op, path)
    const place = operation.find(options?.nofollow ? 'keep' : 'follow')
    operation.writable(place)
    operation.run(() => work(place, operation))
  }
}
