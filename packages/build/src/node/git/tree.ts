import type { Digest } from '@layerwright/digest'
import {
  type Content,
  type DirInode,
  decodeName,
  dirInode,
  fileInode,
  type Inode,
  readAll,
  type Snapshot,
  symlinkInode,
} from '@layerwright/vfs'
import { GitError } from '../errors.js'
import { GitObjects } from './objects.js'
import { runGit } from './run.js'

/** sha256 of files by their object id: what an earlier build worked out need not be read again. */
export type KnownDigests = Map<string, Digest>

export interface GitTreeOptions {
  /** Digests of earlier builds; new ones are added. */
  readonly digests?: KnownDigests
  readonly signal?: AbortSignal
}

/**
 * The tree of a commit, straight from the repository's objects: no work tree is needed and none is touched. Modes are Git's own two (0644, 0755; directories
 * 0755), times the commit's. Conversions that a checkout would make (line ends, filters, LFS) are not made.
 * @throws GitError, also for a tree with submodules
 */
export async function readGitTree(
  dir: string,
  commit: string,
  options: GitTreeOptions = {},
): Promise<{ readonly root: Snapshot; close(): void }> {
  const objects = new GitObjects(dir)
  const time = new TextDecoder().decode(await runGit(dir, ['show', '-s', '--format=%ct', commit, '--'], options.signal))
  const mtimeNs = BigInt(time.trim()) * 1_000_000_000n
  const listing = await runGit(dir, ['ls-tree', '-r', '-l', '-z', '--full-tree', commit], options.signal)
  const root = directory(mtimeNs)
  for (const line of lines(listing)) {
    const tab = line.indexOf('\t')
    const [mode = '', , id = '', size = ''] = line.slice(0, tab).split(/ +/)
    const path = line.slice(tab + 1)
    if (mode === '160000')
      throw new GitError(`${path} is a submodule, and these are not fetched: name its own repository with another ADD or --build-context`)
    const content = new GitContent(objects, id, Number(size), options.digests)
    const inode: Inode =
      mode === '120000'
        ? symlinkInode(decodeName(await readAll(content)), { mode: 0o777, uid: 0, gid: 0, mtimeNs })
        : fileInode(content, { mode: mode === '100755' ? 0o755 : 0o644, uid: 0, gid: 0, mtimeNs })
    put(root, path, inode, mtimeNs)
  }
  return { root: root.inode, close: () => objects.close() }
}

interface Directory {
  readonly inode: DirInode
  readonly entries: Map<string, Inode>
  readonly below: Map<string, Directory>
}

function directory(mtimeNs: bigint): Directory {
  const entries = new Map<string, Inode>()
  return { inode: dirInode(entries, { mode: 0o755, uid: 0, gid: 0, mtimeNs }), entries, below: new Map() }
}

function put(root: Directory, path: string, inode: Inode, mtimeNs: bigint): void {
  const parts = path.split('/')
  const name = parts.pop()!
  let at = root
  for (const part of parts) {
    let next = at.below.get(part)
    if (!next) {
      next = directory(mtimeNs)
      at.below.set(part, next)
      at.entries.set(part, next.inode)
    }
    at = next
  }
  at.entries.set(name, inode)
}

function* lines(bytes: Uint8Array): Generator<string> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at)
    yield decodeName(bytes.subarray(at, end < 0 ? bytes.length : end))
    at = end < 0 ? bytes.length : end + 1
  }
}

class GitContent implements Content {
  readonly size: number
  readonly #objects: GitObjects
  readonly #id: string
  readonly #digests: KnownDigests | undefined

  constructor(objects: GitObjects, id: string, size: number, digests: KnownDigests | undefined) {
    this.#objects = objects
    this.#id = id
    this.size = size
    this.#digests = digests
  }

  get digest(): Digest | undefined {
    return this.#digests?.get(this.#id)
  }

  /** Called by whoever worked the digest out. */
  learned(digest: Digest): void {
    this.#digests?.set(this.#id, digest)
  }

  async *stream(start = 0, end = this.size): AsyncGenerator<Uint8Array> {
    let at = 0
    for await (const chunk of this.#objects.blob(this.#id)) {
      const from = Math.max(start - at, 0)
      const to = Math.min(end - at, chunk.length)
      if (from < to) yield chunk.subarray(from, to)
      at += chunk.length
      if (at >= end) return
    }
  }
}
