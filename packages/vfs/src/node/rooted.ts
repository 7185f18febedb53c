/**
 * THE GATE to the host's filesystem for everything that works inside a folder on somebody else's behalf (bind mounts,
 * exports). What passes here must never
 * - follow a symbolic link that it did not make a decision about: every component is opened by itself with O_NOFOLLOW,
 * - reach outside the folder it was opened on: names are single components, never `.`, `..`, or with a slash in them,
 * - trust a path twice: on Linux the check and the use are one open file descriptor (`/proc/self/fd/<dirfd>/name`).
 *
 * Elsewhere Node has no way to open a name inside an open directory, so each component is looked at with lstat and then used
 * by its path. There a program that swaps a directory for a link between the two calls wins; only folders that no hostile
 * program can write to may be mounted on such hosts.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  type PathLike,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { FsError } from '../errors.js'
import { encodeName } from '../names.js'
import { onHost } from './errno.js'
import { checkName } from './host-names.js'

/** Linux' O_PATH (asm-generic/fcntl.h), which Node does not export: a handle on an inode, without opening it. */
const O_PATH = 0o10000000
const linux = process.platform === 'linux'

/** An open place on the host: a folder, or one file. Stays the same inode whatever is renamed on the host. */
export class HostRoot {
  /** For messages only. */
  readonly path: string
  readonly #fd: number
  #open = true

  private constructor(path: string, fd: number) {
    this.path = path
    this.#fd = fd
    // A forgotten root must not keep its descriptor for ever.
    forgotten.register(this, fd, this)
  }

  /** Opens what the caller named; links in this path are the caller's own and are followed. */
  static open(path: string): HostRoot {
    const flags = linux ? O_PATH : constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
    return new HostRoot(
      path,
      onHost('open', path, () => openSync(path, flags)),
    )
  }

  /** A root of its own for something inside this one. */
  reopen(dirs: readonly string[], name: string): HostRoot {
    const flags = (linux ? O_PATH : constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)) | (constants.O_NOFOLLOW ?? 0)
    return new HostRoot(
      [this.path, ...dirs, name].join('/'),
      this.at(dirs, name, (path) => openSync(path, flags)),
    )
  }

  /** The root itself, as a path for one system call. Follow it: it is a link to the open inode. */
  get self(): string {
    if (!this.#open) throw new FsError('EINVAL', 'open', this.path, { detail: 'this host folder was closed' })
    return linux ? `/proc/self/fd/${this.#fd}` : this.path
  }

  /** Its path on the host now. */
  where(): string {
    return linux ? readlinkSync(this.self) : realpathSync(this.path)
  }

  stat(): BigIntStats {
    return linux ? fstatSync(this.#fd, { bigint: true }) : statSync(this.path, { bigint: true })
  }

  /**
   * Runs `work` with a path by which `name` in the folder `dirs` can be handed to one system call that does not follow its
   * last component (or with O_NOFOLLOW).
   * @throws FsError ENOTDIR where a component is a link or no directory, ENOENT …
   */
  at<T>(dirs: readonly string[], name: string, work: (path: PathLike) => T): T {
    checkName(name)
    return this.inside(dirs, (folder) => work(join(folder, name)))
  }

  /** Runs `work` with a path of the folder `dirs` itself, to be followed or listed. */
  inside<T>(dirs: readonly string[], work: (folder: string | Buffer) => T): T {
    return linux ? this.#insideByDescriptor(dirs, work) : this.#insideByPath(dirs, work)
  }

  #insideByDescriptor<T>(dirs: readonly string[], work: (folder: string | Buffer) => T): T {
    let fd = -1
    let here = this.self
    try {
      for (const dir of dirs) {
        checkName(dir)
        const next = openSync(join(here, dir), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW)
        if (fd >= 0) closeSync(fd)
        fd = next
        here = `/proc/self/fd/${fd}`
      }
      return work(here)
    } finally {
      if (fd >= 0) closeSync(fd)
    }
  }

  #insideByPath<T>(dirs: readonly string[], work: (folder: string | Buffer) => T): T {
    let here: string | Buffer = this.self
    for (const dir of dirs) {
      checkName(dir)
      here = join(here, dir)
      if (!lstatSync(here).isDirectory()) throw new FsError('ENOTDIR', 'open', dir)
    }
    return work(here)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    forgotten.unregister(this)
    closeSync(this.#fd)
  }
}

const forgotten = new FinalizationRegistry<number>((fd) => closeSync(fd))

const SURROGATE = /[\ud800-\udfff]/

/** A folder's path and one name in it. A name that is not UTF-8 needs a path of bytes. */
export function join(folder: string | Buffer, name: string): string | Buffer {
  if (typeof folder === 'string' && !SURROGATE.test(name)) return `${folder}/${name}`
  const head = typeof folder === 'string' ? Buffer.from(folder) : folder
  return Buffer.concat([head, Buffer.from('/'), encodeName(name)])
}
