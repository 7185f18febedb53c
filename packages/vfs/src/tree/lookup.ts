/** Paths in a frozen tree, resolved as a process with that root would. */
import { FsError } from '../errors.js'
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
  return resolvePath(snapshot, path, options)?.inode
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
