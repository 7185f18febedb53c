/** `createOverlay` and `tmpfs`. */
import type { Mountable } from '../driver.js'
import { type AttributesInit, emptySnapshot } from '../inode.js'
import type { GraftLinks, Overlay } from '../overlay.js'
import { upperChanges } from '../tree/changes.js'
import { diffTrees } from '../tree/diff.js'
import type { Inode, LayerChange, Snapshot, TreeChange } from '../types.js'
import { Operation } from '../view/context.js'
import { ViewFileSystem } from '../view/filesystem.js'
import { rootPlace } from '../view/mounts.js'
import type { Place } from '../view/resolve.js'
import { OverlayDriver } from './driver.js'
import type { OverlayOptions } from './options.js'

class OverlayFileSystem extends ViewFileSystem implements Overlay {
  readonly driver: OverlayDriver
  readonly #place: Place

  constructor(driver: OverlayDriver) {
    const place = rootPlace(driver)
    super(place)
    this.driver = driver
    this.#place = place
  }

  get lower(): Snapshot {
    return this.driver.lower
  }

  get options(): OverlayOptions {
    return this.driver.options
  }

  freeze(): Snapshot {
    return this.driver.freeze()
  }

  changes(): LayerChange[] {
    // Frozen first: the inodes that are handed out must not change any more.
    return upperChanges(this.driver.lower, this.driver.freeze())
  }

  diff(): TreeChange[] {
    return diffTrees(this.driver.lower, this.driver.current)
  }

  graft(path: string, tree: Inode, links?: GraftLinks | 'none'): void {
    const operation = new Operation(this.#place, 'graft', path)
    const { dir, name } = operation.vacancy(true)
    operation.run(() => this.driver.graft(dir.node, name, tree, links))
  }
}

/** A writable tree over `lower`. Costs nothing until it is written to; nothing in `lower` is ever changed. */
export function createOverlay(lower: Snapshot, options: OverlayOptions = {}): Overlay {
  return new OverlayFileSystem(new OverlayDriver(lower, options))
}

/** The overlay behind a mountable filesystem, where it is one (a tmpfs is): the same tree, seen from above. */
export function overlayOf(mountable: Mountable): Overlay | undefined {
  return mountable instanceof OverlayDriver ? new OverlayFileSystem(mountable) : undefined
}

/** A fresh filesystem in memory, to be mounted. `root` says what its root directory is like: mode 1777 by default, as Docker's. */
export function tmpfs(root: AttributesInit = {}, options: OverlayOptions = {}): Mountable {
  return new OverlayDriver(emptySnapshot({ mode: 0o1777, ...root }), options)
}
