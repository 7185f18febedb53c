/**
 * The mount table: which filesystem lies where. It is worked out once, before anything runs in the view (S29): targets are
 * resolved through the links that are there at that moment, shallow mounts first, and never looked at again.
 */

import { memoryContent } from '../content/memory.js'
import type { Mountable } from '../driver.js'
import { FsError } from '../errors.js'
import { limits } from '../limits.js'
import type { Overlay } from '../overlay.js'
import type { FileSystem } from '../types.js'
import { ViewFileSystem } from './filesystem.js'
import { ensurePoints } from './rename.js'
import { isDirectory, mountPoint, type Place, pathOf, step, type ViewMount, walkPath } from './resolve.js'

/** One mount of a view. */
export interface Mount {
  /** Absolute. `.` and `..` and doubled slashes are cleaned by name first, as Docker does; then links are followed. */
  readonly target: string
  readonly source: Mountable | Overlay
  readonly readonly?: boolean
  /** A path inside the source that is mounted instead of its root. Links in it are followed inside the source. */
  readonly subpath?: string
}

/** What a view is made with. */
export interface ViewOptions {
  /** The root itself is read-only; mounts are not, and missing mount points are made all the same. */
  readonly readonly?: boolean
  /** Mode of the mount points, files too, and of directories on the way to them, that have to be made; default 0755 (as runc). */
  readonly mountPointMode?: number
}

const NOTHING = memoryContent(new Uint8Array(0))

const driverOf = (source: Mountable | Overlay): Mountable => ('driver' in source ? source.driver : source)

/** The root of a walk over one filesystem. */
export function rootPlace(driver: Mountable, readonly = false): Place {
  const mount: ViewMount = { driver, root: driver.root, dev: 1, readonly: readonly || driver.readonly === true }
  return { parent: undefined, name: '', mount, node: driver.root, points: mountPoint(), seen: undefined }
}

/**
 * One filesystem with others mounted in it.
 *
 * Mount points that are missing are made in the tree below: a directory, or an empty file where the source is a file.
 * What is below a mount is hidden by it and stays as it is. The order of `mounts` matters only among equal targets (the later
 * one lies on top).
 * @throws FsError with `op` `mount`: EINVAL (target not absolute, or the root), ENOTDIR (a directory onto a file or the
 * reverse), ENOENT (no such subpath), EROFS (the mount point is missing on a read-only mount), ELOOP.
 */
export function mountView(root: Overlay | Mountable, mounts: readonly Mount[] = [], options: ViewOptions = {}): FileSystem {
  const base = rootPlace(driverOf(root))
  const mode = options.mountPointMode ?? 0o755
  const ordered = mounts.map((mount) => ({ mount, parts: cleanTarget(mount.target) })).sort((a, b) => a.parts.length - b.parts.length)
  let dev = 1
  for (const { mount, parts } of ordered) attach(base, mount, parts, ++dev, mode)
  const readonly = options.readonly === true || base.mount.readonly
  return new ViewFileSystem(readonly === base.mount.readonly ? base : reRoot(base))
}

/** The same root, read-only, once the mount points were made. */
function reRoot(base: Place): Place {
  return { ...base, mount: { ...base.mount, readonly: true } }
}

function cleanTarget(target: string): string[] {
  if (!target.startsWith('/')) throw new FsError('EINVAL', 'mount', target, { detail: 'a mount target must be an absolute path' })
  const parts: string[] = []
  for (const part of target.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  if (parts.length === 0) throw new FsError('EINVAL', 'mount', target, { detail: 'the root itself cannot be a mount target' })
  return parts
}

function attach(base: Place, mount: Mount, parts: readonly string[], dev: number, mode: number): void {
  const driver = driverOf(mount.source)
  const root = mount.subpath === undefined ? driver.root : subfolder(driver, mount)
  const directory = driver.typeOf(root) === 'dir'
  const place = pointFor(base, mount.target, parts, directory, mode)
  if (!place.parent) throw new FsError('EINVAL', 'mount', mount.target, { detail: 'the root itself cannot be a mount target' })
  if (isDirectory(place) !== directory) {
    const detail = directory ? 'a directory cannot be mounted onto a file' : 'a file cannot be mounted onto a directory'
    throw new FsError('ENOTDIR', 'mount', mount.target, { detail })
  }
  const points = ensurePoints(place)
  points.mount = { driver, root, dev, readonly: mount.readonly === true || driver.readonly === true }
  // What an earlier mount on the same place had below it is hidden with it.
  points.children.clear()
}

function subfolder(driver: Mountable, mount: Mount): object {
  const walked = walkPath(rootPlace(driver), mount.subpath === '' ? '.' : mount.subpath!, 'follow')
  if (typeof walked === 'string') throw new FsError(walked, 'mount', mount.subpath!)
  if (!walked.place) throw new FsError('ENOENT', 'mount', mount.subpath!, { detail: 'the source has no such subpath' })
  // Resolved here, once: what later moves inside the source does not move the mount (S22).
  return driver.hold(walked.place.node)
}

/** The place a target stands for, made where it is missing. Links are followed inside the view, dangling ones by making what they name. */
function pointFor(base: Place, target: string, parts: readonly string[], directory: boolean, mode: number): Place {
  const pending = [...parts].reverse()
  let here = base
  let links = 0
  while (pending.length > 0) {
    const name = pending.pop()!
    if (name === '..') {
      here = here.parent ?? here
      continue
    }
    if (!isDirectory(here)) throw new FsError('ENOTDIR', 'mount', target)
    const next = step(here, name) ?? make(here, name, target, directory || pending.length > 0, mode)
    if (next.mount.driver.typeOf(next.node) !== 'symlink') {
      here = next
      continue
    }
    if (++links > limits.symlinks) throw new FsError('ELOOP', 'mount', target)
    const link = next.mount.driver.readlink(next.node)
    if (link.startsWith('/')) here = base
    for (const part of link.split('/').reverse()) if (part !== '' && part !== '.') pending.push(part)
  }
  return here
}

function make(dir: Place, name: string, target: string, directory: boolean, mode: number): Place {
  if (dir.mount.readonly) {
    throw new FsError('EROFS', 'mount', target, { detail: `the mount point is missing and '${pathOf(dir)}' is read-only` })
  }
  try {
    // The new node itself, because `dir.node` is good for one operation: it may have been copied up by this one.
    const node = dir.mount.driver.create(dir.node, name, directory ? { type: 'dir' } : { type: 'file', content: NOTHING }, mode)
    return { parent: dir, name, mount: dir.mount, node, points: dir.points?.children.get(name), seen: undefined }
  } catch (error) {
    if (error instanceof FsError) throw new FsError(error.code, 'mount', target, { cause: error })
    throw error
  }
}
