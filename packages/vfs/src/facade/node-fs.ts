/**
 * A filesystem in the shape of `node:fs/promises`, for tools that take their filesystem as an argument. The part of it that
 * such tools use; what is missing is missing, so that `in` and `typeof` tell the truth. Errors are `FsError`, whose `code` and
 * `path` are where Node has them.
 */
import { memoryContent } from '../content/memory.js'
import { concatContent } from '../content/rope.js'
import { FsError } from '../errors.js'
import type { Content, FileSystem } from '../types.js'
import { NodeDirent, NodeStats } from './stats.js'

type Encoding = 'utf8' | 'utf-8' | { readonly encoding?: 'utf8' | 'utf-8' | null | undefined } | null | undefined
type Data = string | Uint8Array
interface WriteFileOptions {
  readonly mode?: number
  readonly flag?: 'w' | 'a' | 'wx'
}
type Time = number | string | Date

/** The methods of `node:fs/promises` that the façade has. Paths are strings; bytes are `Uint8Array`. */
export interface NodePromises {
  access(path: string, mode?: number): Promise<void>
  appendFile(path: string, data: Data, options?: { readonly mode?: number }): Promise<void>
  chmod(path: string, mode: number): Promise<void>
  chown(path: string, uid: number, gid: number): Promise<void>
  /** `mode` 1 (COPYFILE_EXCL) refuses to overwrite. */
  copyFile(from: string, to: string, mode?: number): Promise<void>
  cp(from: string, to: string, options?: { readonly recursive?: boolean; readonly force?: boolean }): Promise<void>
  lchown(path: string, uid: number, gid: number): Promise<void>
  link(existing: string, path: string): Promise<void>
  lstat(path: string): Promise<NodeStats>
  lutimes(path: string, atime: Time, mtime: Time): Promise<void>
  /** With `recursive`: the first directory that was made, as Node gives it. */
  mkdir(path: string, options?: number | { readonly mode?: number; readonly recursive?: boolean }): Promise<string | undefined>
  readFile(path: string, options: NonNullable<Encoding>): Promise<string>
  readFile(path: string): Promise<Uint8Array>
  readdir(path: string, options: { readonly withFileTypes: true }): Promise<NodeDirent[]>
  readdir(path: string): Promise<string[]>
  readlink(path: string): Promise<string>
  realpath(path: string): Promise<string>
  rename(from: string, to: string): Promise<void>
  rm(path: string, options?: { readonly recursive?: boolean; readonly force?: boolean }): Promise<void>
  rmdir(path: string): Promise<void>
  stat(path: string): Promise<NodeStats>
  symlink(target: string, path: string, type?: string): Promise<void>
  truncate(path: string, size?: number): Promise<void>
  unlink(path: string): Promise<void>
  utimes(path: string, atime: Time, mtime: Time): Promise<void>
  writeFile(path: string, data: Data | AsyncIterable<Data>, options?: WriteFileOptions | Encoding): Promise<void>
}

/** `{ promises }`, the shape in which most tools want it. */
export function nodeFs(fs: FileSystem): { readonly promises: NodePromises } {
  return { promises: nodePromises(fs) }
}

function nodePromises(fs: FileSystem): NodePromises {
  // An async function turns what is thrown into a rejection, as callers of promises expect.
  return {
    access: async (path) => void fs.stat(path),
    appendFile: async (path, data, options) => fs.writeFile(path, data, { ...options, flag: 'a' }),
    chmod: async (path, mode) => fs.chmod(path, mode),
    chown: async (path, uid, gid) => fs.chown(path, uid, gid),
    copyFile: async (from, to, mode = 0) => copyFile(fs, from, to, (mode & 1) === 0),
    cp: async (from, to, options = {}) => copy(fs, from, to, options.recursive === true, options.force !== false),
    lchown: async (path, uid, gid) => fs.chown(path, uid, gid, { nofollow: true }),
    link: async (existing, path) => fs.link(existing, path),
    lstat: async (path) => new NodeStats(fs.lstat(path)),
    lutimes: async (path, _, mtime) => fs.utimes(path, nanoseconds(mtime), { nofollow: true }),
    mkdir: async (path, options) => makeDirectory(fs, path, typeof options === 'number' ? { mode: options } : (options ?? {})),
    readFile: (async (path: string, options?: Encoding) => {
      const bytes = await fs.readFile(path)
      const encoding = typeof options === 'string' ? options : options?.encoding
      return encoding ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : bytes
    }) as NodePromises['readFile'],
    readdir: (async (path: string, options?: { readonly withFileTypes?: boolean }) => {
      const entries = fs.readdir(path)
      return options?.withFileTypes ? entries.map((entry) => new NodeDirent(entry, path)) : entries.map(({ name }) => name)
    }) as NodePromises['readdir'],
    readlink: async (path) => fs.readlink(path),
    realpath: async (path) => fs.realpath(path),
    rename: async (from, to) => fs.rename(from, to),
    rm: async (path, options) => fs.rm(path, options),
    rmdir: async (path) => fs.rmdir(path),
    stat: async (path) => new NodeStats(fs.stat(path)),
    symlink: async (target, path) => fs.symlink(target, path),
    truncate: async (path, size = 0) => fs.truncate(path, size),
    unlink: async (path) => fs.unlink(path),
    utimes: async (path, _, mtime) => fs.utimes(path, nanoseconds(mtime)),
    writeFile: async (path, data, options) => {
      const { mode, flag } = typeof options === 'object' && options !== null ? (options as WriteFileOptions) : {}
      const whole = typeof data === 'string' || data instanceof Uint8Array ? data : await collect(data)
      fs.writeFile(path, whole, { ...(mode === undefined ? {} : { mode }), ...(flag === undefined ? {} : { flag }) })
    },
  }
}

async function collect(pieces: AsyncIterable<Data>): Promise<Content> {
  const parts: Content[] = []
  for await (const piece of pieces) parts.push(memoryContent(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece.slice()))
  return concatContent(parts)
}

/** Seconds (a number, or one as text) or a Date, as Node takes them. */
function nanoseconds(time: Time): bigint {
  const seconds = time instanceof Date ? time.getTime() / 1000 : Number(time)
  if (!Number.isFinite(seconds)) throw new FsError('EINVAL', 'utimes', String(time))
  return BigInt(Math.round(seconds * 1e6)) * 1000n
}

function makeDirectory(
  fs: FileSystem,
  path: string,
  options: { readonly mode?: number; readonly recursive?: boolean },
): string | undefined {
  let first: string | undefined
  if (options.recursive) {
    for (let at = path; at !== '' && at !== '/' && !fs.exists(at); at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) first = at
  }
  fs.mkdir(path, options)
  return first
}

function copyFile(fs: FileSystem, from: string, to: string, overwrite: boolean): void {
  fs.writeFile(to, fs.open(from), { mode: fs.stat(from).mode & 0o777, flag: overwrite ? 'w' : 'wx' })
}

function copy(fs: FileSystem, from: string, to: string, recursive: boolean, force: boolean): void {
  const { type, mode } = fs.lstat(from)
  if (type === 'symlink') {
    if (force) fs.rm(to, { force: true })
    else if (existsItself(fs, to)) return
    fs.symlink(fs.readlink(from), to)
  } else if (type === 'dir') {
    if (!recursive) throw new FsError('EISDIR', 'cp', from, { detail: 'a directory is only copied with recursive: true' })
    if (isInside(fs, from, to)) throw new FsError('EINVAL', 'cp', to, { detail: 'a directory cannot be copied into itself' })
    fs.mkdir(to, { recursive: true, mode: mode & 0o777 })
    for (const { name } of fs.readdir(from)) copy(fs, `${from}/${name}`, `${to}/${name}`, true, force)
  } else if (type === 'file') {
    if (force || !existsItself(fs, to)) copyFile(fs, from, to, true)
  } else throw new FsError('EINVAL', 'cp', from, { detail: 'only files, directories and links are copied' })
}

function existsItself(fs: FileSystem, path: string): boolean {
  try {
    fs.lstat(path)
    return true
  } catch (error) {
    if (error instanceof FsError && error.code === 'ENOENT') return false
    throw error
  }
}

/** Whether `to`, or the nearest directory above it that exists, lies in `from`. Compared by components of the real paths. */
function isInside(fs: FileSystem, from: string, to: string): boolean {
  let at = to
  while (at !== '' && at !== '/' && !fs.exists(at)) at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))
  const parts = (path: string) =>
    fs
      .realpath(path === '' ? '/' : path)
      .split('/')
      .filter((part) => part !== '')
  const [outer, inner] = [parts(from), parts(at)]
  return outer.every((part, i) => inner[i] === part)
}
