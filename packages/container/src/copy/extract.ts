import type { TarEntry } from '@layerwright/layer'
import { type FileSystem, isFsError } from '@layerwright/vfs'
import {
  BusyError,
  CopyDirOverFileError,
  CopyFileOverDirError,
  CopyPathEscapesError,
  LimitExceededError,
  ReadOnlyTargetError,
} from '../errors.js'
import type { Limits } from '../limits.js'
import { baseName, clean, dirName, isWithin, join } from '../paths.js'
import { lstatIfAny } from '../scope.js'

export interface ExtractOptions {
  readonly limits: Limits
  /** Whom everything belongs to, in place of what the entries say; null: leave it to the filesystem (copies out belong to the caller). */
  readonly owner?: { readonly uid: number; readonly gid: number } | null
  /** Links may lead anywhere: for trees that come from the very filesystem they go to. */
  readonly anyLink?: boolean
  /** Whether something is mounted there, in a filesystem that would let go of it. */
  readonly isMountPoint?: (path: string) => boolean
}

/**
 * Unpacks members into a directory that is there, through the filesystem's own path resolution, so that no link leads out of it (S5, S31).
 * Trees merge; a directory and something else never replace each other. Everything else that is in the way is replaced, a link by name.
 * @throws CopyFileOverDirError, CopyDirOverFileError, CopyPathEscapesError, BusyError, ReadOnlyTargetError, LimitExceededError
 */
export function extract(fs: FileSystem, dir: string, entries: readonly TarEntry[], options: ExtractOptions): void {
  checkLimits(entries, options.limits)
  const dirs: { readonly path: string; readonly mtimeNs: bigint }[] = []
  for (const entry of entries) {
    const path = placeOf(dir, entry, options.anyLink ?? false)
    try {
      if (unpack(fs, dir, path, entry, options)) dirs.push({ path, mtimeNs: entry.mtimeNs })
    } catch (error) {
      if (isFsError(error, 'EBUSY')) throw new BusyError(path)
      if (isFsError(error, 'EROFS')) throw new ReadOnlyTargetError(path)
      throw error
    }
  }
  // Last, because every entry in a directory sets its time.
  for (const { path, mtimeNs } of dirs.reverse()) fs.utimes(path, mtimeNs)
}

function checkLimits(entries: readonly TarEntry[], limits: Limits): void {
  if (entries.length > limits.archiveEntries) throw new LimitExceededError('the number of archive entries', limits.archiveEntries)
  const bytes = entries.reduce((sum, { content }) => sum + (content?.size ?? 0), 0)
  if (bytes > limits.archiveBytes) throw new LimitExceededError('the size of the archive', limits.archiveBytes)
}

/** Where an entry goes; it may be spelled absolute, but not climb out, and neither may a link in it. */
function placeOf(dir: string, { name, kind, linkName }: TarEntry, anyLink: boolean): string {
  const path = clean(join(dir, name))
  const out = (target: string): boolean => !isWithin(dir, target)
  if (clean(`./${name}`).split('/')[0] === '..' || out(path)) throw new CopyPathEscapesError(name, dir)
  // A relative link that climbs above the destination by its text is refused, as engines do: an absolute one begins at the container's root.
  if (kind === 'symlink' && !anyLink && !linkName.startsWith('/') && climbs(dir, dirName(path), linkName))
    throw new CopyPathEscapesError(`${name} -> ${linkName}`, dir)
  if (kind === 'hardlink' && clean(`./${linkName}`).split('/')[0] === '..') throw new CopyPathEscapesError(`${name} -> ${linkName}`, dir)
  return path
}

/** Whether a link's text, taken from where the link lies, leaves the destination at its end. */
const climbs = (dir: string, from: string, target: string): boolean => !isWithin(dir, clean(join(from, target)))

/** Gives whether a directory's time is to be set later. */
function unpack(fs: FileSystem, dir: string, path: string, entry: TarEntry, { owner, isMountPoint }: ExtractOptions): boolean {
  const there = lstatIfAny(fs, path)
  if (there?.type === 'dir' && entry.kind !== 'dir') throw new CopyFileOverDirError(path)
  if (there && there.type !== 'dir' && entry.kind === 'dir') throw new CopyDirOverFileError(path)
  // The contents of a directory leave the destination's own attributes alone.
  if (there && path === clean(dir)) return false
  if (there && entry.kind !== 'dir') {
    if (isMountPoint?.(join(fs.realpath(dirName(path)), baseName(path)))) throw new BusyError(path)
    fs.unlink(path)
  }
  if (!there) makeParents(fs, path)
  make(fs, dir, path, entry, there?.type === 'dir')
  if (entry.kind === 'hardlink') return false
  if (owner !== null) fs.chown(path, owner?.uid ?? entry.uid, owner?.gid ?? entry.gid, { nofollow: true })
  if (entry.kind !== 'symlink') fs.chmod(path, entry.mode)
  for (const [name, value] of (owner !== null && entry.xattrs) || []) fs.setxattr(path, name, value, { nofollow: true })
  if (entry.kind !== 'dir') fs.utimes(path, entry.mtimeNs, { nofollow: true })
  return entry.kind === 'dir'
}

function makeParents(fs: FileSystem, path: string): void {
  const parent = dirName(path)
  if (!fs.exists(parent)) fs.mkdir(parent, { recursive: true })
}

function make(fs: FileSystem, dir: string, path: string, { kind, linkName, content, mode, major, minor }: TarEntry, merge: boolean): void {
  switch (kind) {
    case 'dir':
      if (!merge) fs.mkdir(path)
      break
    case 'file':
      fs.writeFile(path, content ?? '', { flag: 'wx' })
      break
    case 'symlink':
      fs.symlink(linkName, path)
      break
    case 'hardlink':
      fs.link(clean(join(dir, linkName)), path)
      break
    default:
      fs.mknod(path, { type: kind, mode, major, minor })
  }
}
