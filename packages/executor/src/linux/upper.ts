/**
 * The upper folder of an overlay mount, merged into the tree in memory. Read with the same walk as a build context, which enters no directory
 * through a link (S30); what it holds is data: names, attributes and references to bytes.
 *
 * Copying up rewrites what did not change (a chmod copies the bytes, an open for writing everything), and times pass a filesystem that is
 * set to microseconds: so what is equal to the tree before stays that tree's own.
 */
import { randomUUID } from 'node:crypto'
import {
  type DirInode,
  type FileInode,
  type Inode,
  linkCounts,
  lookup,
  type Overlay,
  type Snapshot,
  sameAttributes,
  sameContent,
  sameXattrs,
  type Xattrs,
} from '@layerwright/vfs'
import { readHostTree } from '@layerwright/vfs/node'
import { isWhiteout, placeIn } from './extract.js'
import { type Ids, isRootless } from './ids.js'
import { readInNamespace } from './namespaced.js'
import { canHold, isOverlayFact, readXattrs } from './xattrs.js'

/** Times of one inode in memory and on the host differ by less than this (nanoseconds): two roundings to a microsecond. */
const TIME_STEP = 2000n

export interface MergeOptions {
  readonly ids: Ids
  /** The folder is no upper one of a mount: it holds everything that there is. Default false. */
  readonly whole?: boolean
}

/** Applies the upper folder `folder` to `overlay`, which is what the mount showed when the command began; or a whole tree, with `whole`. */
export async function mergeUpper(folder: string, overlay: Overlay, options: MergeOptions): Promise<void> {
  const { ids } = options
  const tree = isRootless(ids) ? await readInNamespace(folder, `${folder}.${randomUUID()}`, ids) : readHostTree(folder, { owner: 'keep' })
  await new Merge(folder, tree, overlay, options).run()
}

class Merge {
  readonly #folder: string
  readonly #tree: Snapshot
  readonly #overlay: Overlay
  readonly #before: Snapshot
  readonly #ids: Ids
  readonly #whole: boolean
  readonly #shared: ReadonlyMap<Inode, number>
  /** Where the first name of an inode with several was put. */
  readonly #placed = new Map<Inode, string>()
  readonly #spare: string
  /** Directories whose time has to be set once everything is in its place. */
  readonly #directories: [path: string, upper: DirInode, all: Xattrs | undefined][] = []

  constructor(folder: string, tree: Snapshot, overlay: Overlay, { ids, whole = false }: MergeOptions) {
    this.#folder = folder
    this.#tree = tree
    this.#overlay = overlay
    this.#before = overlay.freeze()
    this.#ids = ids
    this.#whole = whole
    this.#shared = linkCounts(tree)
    this.#spare = `${folder}.${randomUUID()}`
  }

  async run(): Promise<void> {
    await this.#directory('', this.#tree, this.#before, this.#whole)
    for (const [path, upper, all] of this.#directories.reverse()) await this.#attributes(path, upper, all)
  }

  async #directory(path: string, upper: DirInode, before: DirInode | undefined, hidden: boolean): Promise<void> {
    const all = await this.#all(path, upper)
    this.#directories.push([path, upper, all])
    const opaque = hidden || isOpaque(all)
    if (opaque && before) {
      for (const name of before.entries.keys()) if (!upper.entries.has(name)) this.#overlay.rm(`${path}/${name}`, { recursive: true })
    }
    for (const [name, inode] of upper.entries) {
      const child = `${path}/${name}`
      const there = before?.entries.get(name)
      if (!this.#whole && isWhiteout(inode)) {
        if (there) this.#overlay.rm(child, { recursive: true })
      } else if (inode.type === 'dir') await this.#child(child, inode, there, opaque)
      else await this.#leaf(child, inode, there)
    }
  }

  async #child(path: string, upper: DirInode, there: Inode | undefined, hidden: boolean): Promise<void> {
    if (there?.type !== 'dir') {
      if (there) this.#overlay.rm(path)
      this.#overlay.mkdir(path, { mode: upper.mode })
    }
    await this.#directory(path, upper, there?.type === 'dir' ? there : undefined, hidden)
  }

  async #leaf(path: string, upper: Inode, there: Inode | undefined): Promise<void> {
    const first = this.#placed.get(upper)
    if (first !== undefined) {
      if (there) this.#overlay.rm(path, { recursive: true })
      this.#overlay.link(first, path)
      return
    }
    if (this.#shared.has(upper)) this.#placed.set(upper, path)
    const now = await this.#inode(path, upper, there)
    if (now === there) return
    if (there) this.#overlay.rm(path, { recursive: true })
    this.#overlay.graft(path, now)
  }

  /** What lies at a path now; `there` itself where nothing about it changed. */
  async #inode(path: string, upper: Inode, there: Inode | undefined): Promise<Inode> {
    const xattrs = this.#xattrs(upper, there, await this.#all(path, upper))
    const attributes = {
      mode: upper.type === 'symlink' && there?.type === 'symlink' ? there.mode : upper.mode,
      ...this.#owner(upper, there),
      mtimeNs: there && sameTime(there.mtimeNs, upper.mtimeNs) ? there.mtimeNs : upper.mtimeNs,
      xattrs,
    }
    if (there?.type === 'file' && upper.type === 'file') {
      const content = (await sameContent(there.content, upper.content)) ? there.content : upper.content
      const now: FileInode = { ...upper, ...attributes, content }
      return content === there.content && sameAttributes(there, now) ? there : now
    }
    const now = { ...upper, ...attributes } as Inode
    if (there?.type !== now.type) return now
    if (now.type === 'symlink' && now.target !== (there as typeof now).target) return now
    if ('major' in now && (now.major !== (there as typeof now).major || now.minor !== (there as typeof now).minor)) return now
    return sameAttributes(there, now) ? there : now
  }

  async #attributes(path: string, upper: DirInode, all: Xattrs | undefined): Promise<void> {
    const place = path === '' ? '/' : path
    const before = lookup(this.#before, place, { follow: false })
    const { uid, gid } = this.#owner(upper, before)
    const now = this.#overlay.lstat(place)
    if (now.uid !== uid || now.gid !== gid) this.#overlay.chown(place, uid, gid, { nofollow: true })
    if (now.mode !== upper.mode) this.#overlay.chmod(place, upper.mode)
    const xattrs = this.#xattrs(upper, before, all)
    if (!sameXattrs(now.xattrs, xattrs)) {
      for (const name of now.xattrs?.keys() ?? []) this.#overlay.removexattr(place, name)
      for (const [name, value] of xattrs ?? []) this.#overlay.setxattr(place, name, value)
    }
    const mtimeNs = before && sameTime(before.mtimeNs, upper.mtimeNs) ? before.mtimeNs : upper.mtimeNs
    if (this.#overlay.lstat(place).mtimeNs !== mtimeNs) this.#overlay.utimes(place, mtimeNs, { nofollow: true })
  }

  #owner(upper: Inode, before: Inode | undefined): { readonly uid: number; readonly gid: number } {
    if (this.#ids.kind !== 'one') return { uid: upper.uid, gid: upper.gid }
    return { uid: before?.uid ?? 0, gid: before?.gid ?? 0 }
  }

  /** Everything on the inode; an archive that was read has it already. */
  async #all(path: string, upper: Inode): Promise<Xattrs | undefined> {
    return isRootless(this.#ids) ? upper.xattrs : readXattrs(placeIn(this.#folder, path.slice(1)), this.#spare)
  }

  /** What it says now, and what was there and could not be shown to the command. */
  #xattrs(upper: Inode, there: Inode | undefined, all: Xattrs | undefined): Xattrs | undefined {
    const own = [...(all ?? [])].filter(([name]) => !isOverlayFact(name))
    for (const [name, value] of there?.type === upper.type ? (there.xattrs ?? []) : [])
      if (!canHold(this.#ids, name)) own.push([name, value])
    return own.length === 0 ? undefined : new Map(own)
  }
}

const OPAQUE = 'y'.charCodeAt(0)

const isOpaque = (all: Xattrs | undefined): boolean =>
  ['trusted.overlay.opaque', 'user.overlay.opaque'].some((name) => all?.get(name)?.[0] === OPAQUE)

const sameTime = (a: bigint, b: bigint): boolean => (a < b ? b - a : a - b) < TIME_STEP
