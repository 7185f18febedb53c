/**
 * A tree as an engine gives it back, merged into the overlay that it came from. An engine's archives have whole seconds and say directories again that
 * are only on the way: what is equal to the tree before stays that tree's own.
 */
import {
  type DirInode,
  type FileInode,
  type GraftLinks,
  type Inode,
  linkCounts,
  type Overlay,
  sameAttributes,
  sameContent,
  sameXattrs,
} from '@layerwright/vfs'

const SECOND = 1_000_000_000n

export interface MergeInto {
  readonly overlay: Overlay
  /** Where in the overlay the tree lies; '' for its root. */
  readonly at: string
  /** Whether the attributes of the tree's own directory are taken over; a layer has none of its root. Default false. */
  readonly root?: boolean
  /** Whether what lies at an absolute path is the engine's, not the command's. */
  readonly isOurs?: (path: string) => boolean
}

/** Makes the tree at a place of the overlay what `after` is; `before` is what it was when the command began. */
export async function mergeTree(
  { overlay, at, root = false, isOurs = () => false }: MergeInto,
  before: DirInode,
  after: DirInode,
): Promise<void> {
  const links: GraftLinks = new Map()
  const shared = linkCounts(after)

  const directory = async (path: string, there: DirInode | undefined, now: DirInode): Promise<void> => {
    for (const [name, old] of there?.entries ?? []) {
      const child = `${path}/${name}`
      if (isOurs(child) || now.entries.has(name)) continue
      overlay.rm(child, { recursive: old.type === 'dir' })
    }
    for (const [name, inode] of now.entries) {
      const child = `${path}/${name}`
      const old = there?.entries.get(name)
      if (inode === old || isOurs(child)) continue
      if (inode.type !== 'dir') await leaf(child, old, inode)
      else {
        if (old && old.type !== 'dir') overlay.rm(child)
        if (old?.type !== 'dir') overlay.mkdir(child, { mode: inode.mode })
        await directory(child, old?.type === 'dir' ? old : undefined, inode)
      }
    }
    if (path !== at || root) attributes(path === '' ? '/' : path, there, now)
  }

  const leaf = async (path: string, old: Inode | undefined, inode: Inode): Promise<void> => {
    // names of one inode are put there together, or they would not be links of each other
    const now = old && !shared.has(inode) ? await kept(old, inode) : inode
    if (now === old) return
    if (old) overlay.rm(path, { recursive: true })
    overlay.graft(path, now, links)
  }

  const attributes = (path: string, old: DirInode | undefined, now: DirInode): void => {
    const current = overlay.lstat(path)
    if (current.uid !== now.uid || current.gid !== now.gid) overlay.chown(path, now.uid, now.gid, { nofollow: true })
    if (current.mode !== now.mode) overlay.chmod(path, now.mode)
    if (!sameXattrs(current.xattrs, now.xattrs)) {
      for (const name of current.xattrs?.keys() ?? []) overlay.removexattr(path, name)
      for (const [name, value] of now.xattrs ?? []) overlay.setxattr(path, name, value)
    }
    const mtimeNs = old && sameSecond(old.mtimeNs, now.mtimeNs) ? old.mtimeNs : now.mtimeNs
    if (overlay.lstat(path).mtimeNs !== mtimeNs) overlay.utimes(path, mtimeNs, { nofollow: true })
  }

  await directory(at, before, after)
}

/** What lies there now: `old` itself where nothing about it changed, its time seen as an archive has it, and its content where that did not. */
async function kept(old: Inode, now: Inode): Promise<Inode> {
  if (old.type !== now.type) return now
  if (old.type === 'symlink' && old.target !== (now as typeof old).target) return now
  if ('major' in old && (old.major !== (now as typeof old).major || old.minor !== (now as typeof old).minor)) return now
  const mtimeNs = sameSecond(old.mtimeNs, now.mtimeNs) ? old.mtimeNs : now.mtimeNs
  const seen = { ...now, mtimeNs, ...(old.type === 'symlink' ? { mode: old.mode } : {}) } as Inode
  if (old.type !== 'file') return sameAttributes(old, seen) ? old : seen
  if (!(await sameContent(old.content, (now as FileInode).content))) return seen
  return sameAttributes(old, seen) ? old : ({ ...seen, content: old.content } as FileInode)
}

const floor = (time: bigint): bigint => time - (((time % SECOND) + SECOND) % SECOND)
const sameSecond = (a: bigint, b: bigint): boolean => floor(a) === floor(b)
