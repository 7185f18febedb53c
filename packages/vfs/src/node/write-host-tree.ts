/**
 * A frozen tree written to a fresh host folder. Safe against what is in the tree (S5, S12): the folder is made here, every
 * entry is created by its single name in a directory that is held open, nothing that exists is opened or replaced, and no link
 * is followed.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmdirSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { ContentSizeError, FsError } from '../errors.js'
import { encodeName } from '../names.js'
import { linkCounts } from '../tree/links.js'
import { walk } from '../tree/walk.js'
import type { Attributes, DirInode, FileInode, Inode, Snapshot } from '../types.js'
import { hostError, onHost } from './errno.js'
import { checkTreeNames, type HostPlatform } from './host-names.js'
import { HostRoot } from './rooted.js'

/** How a tree is written. */
export interface WriteHostTreeOptions {
  /** `keep` sets the owners of the tree (needs the rights); `none` (default) leaves all to the process' user. */
  readonly ownership?: 'keep' | 'none'
  /**
   * Called for what Node cannot make on the host (a device, a fifo; and for each inode whose extended attributes are lost), instead
   * of failing with ENOTSUP.
   */
  readonly onUnsupported?: (path: string, inode: Inode, what: 'inode' | 'xattrs') => void
  /** The kind of host whose rules the names must meet; default: the one that this process runs on. A folder that travels to another kind of host names that. */
  readonly platform?: HostPlatform
  readonly signal?: AbortSignal
}

/**
 * Writes `snapshot` to the folder `dir`, which must not exist or be an empty directory. Modes, times (to about a microsecond) and
 * hard links are kept.
 * @throws FsError ENOTEMPTY (`dir` has entries), EINVAL (a name that the host cannot take), ENOTSUP, ENOSPC, EACCES …
 * @throws NameCollisionError two names that the host takes for one; nothing is written then, as with EINVAL
 */
export async function writeHostTree(snapshot: Snapshot, dir: string, options: WriteHostTreeOptions = {}): Promise<void> {
  // A path is taken apart at its slashes below, so no single name may hold one (S4); and nothing is written where not all can be.
  checkTreeNames(snapshot, options.platform ?? process.platform)
  onHost('mkdir', dir, () => makeFresh(dir))
  const root = HostRoot.open(dir)
  try {
    await new Writer(root, snapshot, options).write()
  } finally {
    root.close()
  }
}

function makeFresh(dir: string): void {
  try {
    mkdirSync(dir, 0o700)
  } catch (error) {
    const failure = hostError('mkdir', dir, error)
    if (!(failure instanceof FsError && failure.code === 'EEXIST')) throw error
    // Removing an empty directory and making it again is the check that nothing is in it, in one operation.
    rmdirSync(dir)
    mkdirSync(dir, 0o700)
  }
}

class Writer {
  readonly #root: HostRoot
  readonly #snapshot: Snapshot
  readonly #options: WriteHostTreeOptions
  /** Where the first name of each hard-linked inode was written. */
  readonly #links = new Map<Inode, { readonly dirs: readonly string[]; readonly name: string }>()

  constructor(root: HostRoot, snapshot: Snapshot, options: WriteHostTreeOptions) {
    this.#root = root
    this.#snapshot = snapshot
    this.#options = options
  }

  async write(): Promise<void> {
    const linked = linkCounts(this.#snapshot)
    const directories: { readonly dirs: readonly string[]; readonly inode: DirInode }[] = [{ dirs: [], inode: this.#snapshot }]
    for (const { path, inode } of walk(this.#snapshot)) {
      this.#options.signal?.throwIfAborted()
      const dirs = path.split('/')
      const name = dirs.pop()!
      const first = this.#links.get(inode)
      if (first) {
        this.#at(path, dirs, name, (to) => this.#root.at(first.dirs, first.name, (from) => linkSync(from, to)))
        continue
      }
      if (inode.xattrs) this.#unsupported(path, inode, 'xattrs')
      const made = await this.#make(path, dirs, name, inode)
      if (inode.type === 'dir') directories.push({ dirs: [...dirs, name], inode })
      else if (made && linked.has(inode)) this.#links.set(inode, { dirs, name })
    }
    // Modes and times of directories come last, deepest first: writing into one needs the rights and changes the time.
    for (const { dirs, inode } of directories.reverse()) this.#finish(dirs, inode)
  }

  async #make(path: string, dirs: readonly string[], name: string, inode: Inode): Promise<boolean> {
    switch (inode.type) {
      case 'dir':
        this.#at(path, dirs, name, (place) => mkdirSync(place, 0o700))
        return true
      case 'symlink':
        this.#at(path, dirs, name, (place) => {
          symlinkSync(Buffer.from(encodeName(inode.target)), place)
          this.#attributes(place, inode)
        })
        return true
      case 'file':
        await this.#file(path, dirs, name, inode)
        return true
      default:
        this.#unsupported(path, inode, 'inode')
        return false
    }
  }

  async #file(path: string, dirs: readonly string[], name: string, inode: FileInode): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
    const fd = this.#at(path, dirs, name, (place) => openSync(place, flags, 0o600))
    try {
      let at = 0
      const put = (chunk: Uint8Array) => {
        for (let done = 0; done < chunk.length; ) done += onHost('write', path, () => writeSync(fd, chunk, done))
        at += chunk.length
      }
      const { content } = inode
      if (content.readInto) {
        const buffer = pieceFor(content.size)
        while (at < content.size) {
          const got = content.readInto(buffer, at)
          if (got === 0) break
          put(buffer.subarray(0, got))
        }
      } else for await (const chunk of content.stream()) put(chunk)
      if (at !== content.size) throw new ContentSizeError(content.size, at)
      this.#at(path, dirs, name, (place) => this.#attributes(place, inode))
      // After the owner, because a change of owner clears setuid.
      onHost('chmod', path, () => fchmodSync(fd, inode.mode))
    } finally {
      closeSync(fd)
    }
  }

  #finish(dirs: readonly string[], inode: DirInode): void {
    onHost('chmod', dirs.join('/'), () =>
      this.#root.inside(dirs, (folder) => {
        if (this.#options.ownership === 'keep') lchownSync(`${folder}/.`, inode.uid, inode.gid)
        chmodSync(folder, inode.mode)
        const seconds = Number(inode.mtimeNs) / 1e9
        utimesSync(folder, seconds, seconds)
      }),
    )
  }

  #attributes(place: string | Buffer | URL, { uid, gid, mtimeNs }: Attributes): void {
    if (this.#options.ownership === 'keep') lchownSync(place, uid, gid)
    const seconds = Number(mtimeNs) / 1e9
    lutimesSync(place, seconds, seconds)
  }

  #at<T>(path: string, dirs: readonly string[], name: string, work: (place: string | Buffer | URL) => T): T {
    return onHost('write', path, () => this.#root.at(dirs, name, work))
  }

  #unsupported(path: string, inode: Inode, what: 'inode' | 'xattrs'): void {
    const { onUnsupported } = this.#options
    if (onUnsupported) onUnsupported(path, inode, what)
    else {
      const thing = what === 'xattrs' ? 'extended attributes' : `a ${inode.type} inode`
      throw new FsError('ENOTSUP', 'write', path, { detail: `Node cannot write ${thing} to the host: export an archive instead` })
    }
  }
}

const pieceFor = (size: number): Uint8Array => new Uint8Array(Math.min(size, 1024 * 1024))
