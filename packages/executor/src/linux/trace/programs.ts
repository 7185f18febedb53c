/** Programs that a command has executed: the kernel itself reads them and their interpreters, and no call shows that. */
import type { Content } from '@layerwright/vfs'
import type { Process } from './calls.js'
import type { KeptPrograms } from './kept.js'
import { interpreterOf, type ReadAt, readerOf } from './program.js'
import type { TreeNode } from './tree.js'
import { type Base, Lost, type Tell, type Walker } from './walk.js'

/** A script may be interpreted by a script, so often (binfmt_script). */
const DEPTH = 5
const SETUID = 0o4000
const SETGID = 0o2000

export interface Left {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined
  readonly content: Content
}

export interface ProgramOptions {
  /** All processes are the superuser's, until they become another's. */
  readonly superuser: boolean
  /** The command begins as root, who may give rights to files. */
  readonly root: boolean
  /** What the command made, and may have removed. */
  readonly kept: KeptPrograms | undefined
}

export class Programs {
  /** One of them gives rights, and a traced process is given none. */
  disturbed = false
  readonly #walker: Walker
  readonly #tell: Tell
  readonly #root: boolean
  readonly #kept: KeptPrograms | undefined
  #superuser: boolean
  readonly #done = new Set<TreeNode>()
  /** Made by the command: what is in them is known when it has ended. */
  readonly #own = new Map<TreeNode, Base | undefined>()

  constructor(walker: Walker, tell: Tell, { superuser, root, kept }: ProgramOptions) {
    this.#walker = walker
    this.#tell = tell
    this.#superuser = superuser
    this.#root = root
    this.#kept = kept
  }

  /** Not all processes are the superuser's any more, or have been. */
  otherIdentity(): void {
    this.#superuser = false
    for (const node of this.#done) this.#checkRights(node)
  }

  executed(node: TreeNode, { where: { cwd } }: Process): void {
    if (!node.body.inode) {
      const path = node.path(this.#walker.root)
      if (path !== undefined) this.#kept?.hold(path, node.body)
    }
    this.#look(node, cwd, 0)
  }

  /** Whether `finish` will ask for files. */
  get asks(): boolean {
    return this.#own.size > 0
  }

  /** @param open the file that lies at a path at the end @throws Lost */
  async finish(open: (path: string) => Promise<Left | undefined>): Promise<void> {
    for (const [node, cwd] of this.#own) {
      const path = node.path(this.#walker.root)
      const left = path === undefined ? undefined : await open(path)
      if (left) {
        this.#rights(left, node)
        this.#interpreter(readerOf(left.content), cwd, 0)
      } else this.#interpreter(this.#removed(node), cwd, 0)
    }
  }

  /** A program that is gone. @throws Lost */
  #removed(node: TreeNode): ReadAt {
    const kept = this.#kept?.of(node.body)
    if (!kept)
      throw new Lost('it executed a program that it had made, and removed it before it could be looked at: what interprets it is not known')
    // Attributes are not kept. Who is not root can have given it none.
    if (!this.#superuser && this.#root) throw new Lost('it executed a program that it had made, and removed it, as other users')
    if ((kept.mode & (SETUID | SETGID)) !== 0) this.#refuse(node)
    return kept.read
  }

  #look(node: TreeNode, cwd: Base | undefined, depth: number): void {
    const { inode } = node.body
    node.body.executed = true
    if (!inode) {
      this.#own.set(node, cwd)
      return
    }
    this.#done.add(node)
    if (inode.type !== 'file') throw new Lost('it executed what is no file')
    this.#checkRights(node)
    this.#interpreter(readerOf(inode.content), cwd, depth)
  }

  #interpreter(read: ReadAt | undefined, cwd: Base | undefined, depth: number): void {
    if (!read) throw new Lost('it executed a program that cannot be read here')
    let path: string | undefined
    try {
      path = interpreterOf(read)
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) throw new Lost(`it executed ${error.message}`)
      throw error
    }
    if (path === undefined) return
    const { node } = this.#walker.find(cwd, path, { follow: true })
    if (!node || depth >= DEPTH) throw new Lost(`it executed a program whose interpreter ${path} is not there`)
    if (node.origin !== undefined) {
      this.#tell('stat', node.origin)
      this.#tell('read', node.origin)
    }
    this.#look(node, cwd, depth + 1)
  }

  #checkRights(node: TreeNode): void {
    const { inode } = node.body
    if (inode?.type === 'file') this.#rights(inode, node)
  }

  /** strace's filter of calls keeps the kernel from giving the rights of a setuid program (no_new_privs). */
  #rights({ mode, uid, gid, xattrs }: Omit<Left, 'content'>, node: TreeNode): void {
    const other = ((mode & SETUID) !== 0 && (uid !== 0 || !this.#superuser)) || ((mode & SETGID) !== 0 && (gid !== 0 || !this.#superuser))
    if (!other && (this.#superuser || !xattrs?.has('security.capability'))) return
    this.#refuse(node)
  }

  #refuse(node: TreeNode): never {
    this.disturbed = true
    const path = node.path(this.#walker.root)
    throw new Lost(
      `it executed a program that gives other rights${path === undefined ? '' : ` (${path})`}, which a traced command does not get`,
    )
  }
}
