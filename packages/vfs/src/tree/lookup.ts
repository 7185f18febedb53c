/** Paths in a frozen tree, resolved as a process with that root would. */
import { FsError } from '../errors.js'
import { limits } from '../limits.js'
import { OverlayDriver } from '../overlay/driver.js'
import type { Inode, LookupOptions, Snapshot } from '../types.js'
import { rootPlace } from '../view/mounts.js'
import { pathOf, walkPath } from '../view/resolve.js'

/**
 * The inode at a path, or `undefined` where nothing is (also where a component on the way is no directory, or a link dangles).
 * Relative paths are taken from the root; no link and no `..` leaves it.
 * @throws FsError ELOOP (more than 40 links), ENAMETOOLONG, EINVAL (a NUL in the path).
 */
export function lookup(snapshot: Snapshot, path: string, options: LookupOptions = {}): Inode | undefined {
  return plainly(snapshot, path) ?? resolvePath(snapshot, path, options)?.inode
}

/** What lies at a path that is nothing but names of directories, and of what is no link: most are. Undefined: the walker has to say. */
function plainly(snapshot: Snapshot, path: string): Inode | undefined {
  // So that no limit is reached, of the path or of a name.
  if (path.length > limits.nameBytes / 3 || !path.startsWith('/')) return undefined
  let here: Inode = snapshot
  for (let start = 1; start <= path.length; ) {
    const slash = path.indexOf('/', start)
    const end = slash < 0 ? path.length : slash
    const next: Inode | undefined = here.type === 'dir' ? here.entries.get(path.slice(start, end)) : undefined
    if (!next || next.type === 'symlink') return undefined
    here = next
    start = end + 1
  }
  return here
}

/** As `lookup`, with the path that the inode really lies at (absolute, free of links). */
export function resolvePath(snapshot: Snapshot, path: string, options: LookupOptions = {}): { path: string; inode: Inode } | undefined {
  const root = rootPlace(new OverlayDriver(snapshot, {}))
  const walked = walkPath(root, path, options.follow === false ? 'keep' : 'follow')
  if (typeof walked === 'string') {
    if (walked === 'ENOENT' || walked === 'ENOTDIR') return undefined
    throw new FsError(walked, 'lookup', path)
  }
  const { place } = walked
  return place && { path: pathOf(place), inode: (place.node as { readonly inode: Inode }).inode }
}
