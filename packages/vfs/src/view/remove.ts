/** Recursive removal that minds mounts. */
import { FsError } from '../errors.js'
import { limits } from '../limits.js'
import type { Operation } from './context.js'
import { isDirectory, isMountRoot, type Place, pathOf, step } from './resolve.js'

/** Removes what lies at `place`. A mount point on the way is emptied and stays, with EBUSY, as `rm -rf` leaves it. */
export function removeRecursively(operation: Operation, place: Place, depth = 0): void {
  const { driver } = place.mount
  const parent = place.parent ?? operation.fail('EBUSY')
  operation.writable(parent)
  const directory = isDirectory(place)
  const whole = driver.removeTree !== undefined && !place.points
  if (directory && !whole) {
    if (depth > limits.treeDepth) throw operation.error('ENAMETOOLONG')
    operation.writable(place)
    for (const { name } of driver.list(place.node)) {
      const child = step(place, name)
      if (child) removeRecursively(operation, child, depth + 1)
    }
  }
  if (isMountRoot(place)) throw new FsError('EBUSY', operation.op, pathOf(place))
  operation.run(() => {
    if (!directory) driver.unlink(parent.node, place.name)
    else if (whole) driver.removeTree!(parent.node, place.name)
    else driver.rmdir(parent.node, place.name)
  })
}
