/** The mount table of a view, read back. */
import type { Mountable } from '../driver.js'
import type { FileSystem } from '../types.js'
import { ViewFileSystem } from './filesystem.js'
import type { MountPoint, ViewMount } from './resolve.js'

/** A filesystem in its place in a view. */
export interface MountedTree {
  /** Absolute, with no link in it; `/` is the root of the view. */
  readonly target: string
  readonly source: Mountable
  /** What of the source is mounted: a path without a leading slash, `''` for all of it. */
  readonly subpath: string
  readonly readonly: boolean
}

/**
 * What lies where in a view that `mountView` or `createOverlay` made, the root first, each mount before those below it: the same view can be made
 * again with it. `undefined` where the filesystem is no such view, or a source cannot say any more which part of it is mounted.
 */
export function mountTable(filesystem: FileSystem): readonly MountedTree[] | undefined {
  const root = ViewFileSystem.rootOf(filesystem)
  if (!root) return undefined
  const table = [treeAt('/', root.mount)]
  const collect = (points: MountPoint, path: string) => {
    for (const [name, point] of points.children) {
      if (point.mount) table.push(treeAt(`${path}/${name}`, point.mount))
      collect(point, `${path}/${name}`)
    }
  }
  if (root.points) collect(root.points, '')
  const known = table.filter((tree): tree is MountedTree => tree.subpath !== undefined)
  return known.length === table.length ? known : undefined
}

function treeAt(target: string, { driver, root, readonly }: ViewMount) {
  return { target, source: driver, subpath: root === driver.root ? '' : driver.pathOf?.(root), readonly }
}
