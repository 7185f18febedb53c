/** The mount table of a view, read back. */
import type { Mountable, Node } from '../driver.js'
import type { FileSystem } from '../types.js'
import { ViewFileSystem } from './filesystem.js'
import type { MountPoint, ViewMount } from './resolve.js'

/** A filesystem in its place in a view. */
export interface MountedTree {
  /** Absolute, with no link in it; `/` is the root of the view. */
  readonly target: string
  readonly source: Mountable
  /** The node of the source that is mounted. */
  readonly root: Node
  /** The same as a path without a leading slash, `''` for all of it; `undefined` where the source cannot say it (any more). */
  readonly subpath: string | undefined
  readonly readonly: boolean
}

/**
 * What lies where in a view that `mountView` or `createOverlay` made, the root first, each mount before those below it: the same view can be made
 * again with it. `undefined` where the filesystem is no such view.
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
  return table
}

function treeAt(target: string, { driver, root, readonly }: ViewMount): MountedTree {
  return { target, source: driver, root, subpath: root === driver.root ? '' : driver.pathOf?.(root), readonly }
}
