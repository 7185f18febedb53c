/** rename(2) over a view. The order of the checks is Linux's (`do_renameat2`, `vfs_rename`), which decides which error wins. */
import { Operation } from './context.js'
import { isDirectory, isMountRoot, type MountPoint, mountPoint, type Place } from './resolve.js'

export function renamePath(root: Place, from: string, to: string): void {
  const source = new Operation(root, 'rename', from)
  const target = new Operation(root, 'rename', to)
  const old = source.walk('parent')
  const next = target.walk('parent')
  if (old.dir.mount !== next.dir.mount) throw target.error('EXDEV')
  if (old.name === undefined) throw source.error('EBUSY')
  if (next.name === undefined) throw target.error('EBUSY')
  target.writable(next.dir)
  const moved = old.place ?? source.fail('ENOENT')
  const directory = isDirectory(moved)
  if (!directory && (old.slash || next.slash)) throw (old.slash ? source : target).error('ENOTDIR')
  const { driver } = old.dir.mount
  // Into itself, and onto a directory that it lies in.
  if (directory && isWithin(next.dir, moved)) throw target.error('EINVAL')
  if (next.place && isWithin(old.dir, next.place)) throw target.error('ENOTEMPTY')
  if (next.place && (isSamePlace(moved, next.place) || (next.place.mount === moved.mount && driver.same(moved.node, next.place.node))))
    return
  target.named(next.name)
  if (next.place) {
    const onto = isDirectory(next.place)
    if (directory && !onto) throw target.error('ENOTDIR')
    if (!directory && onto) throw target.error('EISDIR')
  }
  if (isMountRoot(moved)) throw source.error('EBUSY')
  if (next.place && isMountRoot(next.place)) throw target.error('EBUSY')
  target.run(() => driver.rename(old.dir.node, old.name!, next.dir.node, next.name!))
  if (moved.points) moveMounts(old.dir, old.name, next.dir, next.name)
}

/** Whether `place` is `ancestor` or lies below it. Compared by mount and name, level by level: nodes are made anew on each walk. */
function isWithin(place: Place, ancestor: Place): boolean {
  const level = depthOf(ancestor)
  let at: Place | undefined = place
  for (let i = depthOf(place); i > level; i--) at = at?.parent
  for (let other: Place | undefined = ancestor; at && other; at = at.parent, other = other.parent) {
    if (at.name !== other.name) return false
  }
  return at === undefined && depthOf(place) >= level
}

const isSamePlace = (a: Place, b: Place): boolean => depthOf(a) === depthOf(b) && isWithin(a, b)

function depthOf(place: Place): number {
  let depth = 0
  for (let at = place.parent; at; at = at.parent) depth++
  return depth
}

/** Mounts below a directory move with it, as they do in the kernel. */
function moveMounts(fromDir: Place, fromName: string, toDir: Place, toName: string): void {
  const points = fromDir.points!.children.get(fromName)!
  fromDir.points!.children.delete(fromName)
  ensurePoints(toDir).children.set(toName, points)
}

/** The node of the mount tree for a place, made with those above it. */
export function ensurePoints(place: Place): MountPoint {
  if (place.points) return place.points
  // Only the root has no parent, and it always has a node.
  const above = ensurePoints(place.parent!)
  let points = above.children.get(place.name)
  if (!points) {
    points = mountPoint()
    above.children.set(place.name, points)
  }
  return points
}
