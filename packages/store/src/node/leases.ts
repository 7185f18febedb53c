import { sha256 } from '@layerwright/digest'
import { storeLimits } from '../limits.js'
import type { StoreMaintenance } from '../types.js'
import { moveInto, namesIn, type Places, placeIn, readWhole, removeFile, statOf, storeError, touchFile, writeSmall } from './files.js'
import { delay, isClaimed, type Lock } from './locks.js'
import { sweep } from './open.js'
import { ownedName, ownerLives } from './owner.js'

/** Name of the lock that a collection holds; a lease looks for its claims. */
const MAINTENANCE = 'store maintenance'
/** Stands where the names of lock claims have a hash, so neither is taken for the other. */
const LEASE = 'lease'

/**
 * Who uses the store, and who removes from it.
 *
 * A lease is a file beside the lock claims, with the time of its beginning in it. Of a lease and a collection that begin at once one sees the other, because each puts
 * its own file down before it looks: either the collection knows of the lease and spares what was used since, or the lease waits until the
 * collection is over. So only the beginning of a use ever waits, and readers never do.
 */
export function fileLeases(places: Places, lock: Lock): Pick<StoreMaintenance, 'lease' | 'maintain'> {
  const hash = sha256(MAINTENANCE).slice('sha256:'.length)
  return {
    async lease(work) {
      const owner = ownedName()
      const name = `${LEASE}.${owner}`
      const path = placeIn(places.locks, name)
      // Moved into place whole: a lease that can be seen has its time in it.
      const draft = placeIn(places.tmp, owner)
      try {
        writeSmall(draft, String(Date.now()))
        moveInto(draft, places.locks, name)
      } catch (error) {
        throw storeError(places.root, error)
      }
      const beat = setInterval(() => touchFile(path), storeLimits.heartbeat)
      beat.unref()
      try {
        while (isClaimed(places, hash)) await delay(storeLimits.lockPoll, undefined)
        return await work()
      } finally {
        clearInterval(beat)
        removeFile(path)
      }
    },
    maintain: (work, signal) =>
      lock(
        MAINTENANCE,
        () => {
          sweep(places)
          return work(oldest(places))
        },
        signal,
      ),
  }
}

/** When the oldest lease of a living process began, with some slack. */
function oldest(places: Places): number {
  let since = Number.POSITIVE_INFINITY
  for (const name of namesIn(places.locks)) {
    const [kind, owner] = name.split('.')
    if (kind !== LEASE || !owner) continue
    const path = placeIn(places.locks, name)
    const [stat, bytes] = [statOf(path), readWhole(path)]
    if (!stat || !bytes) continue
    if (ownerLives(owner, Date.now() - stat.mtimeMs))
      since = Math.min(since, Number(new TextDecoder().decode(bytes)) - storeLimits.clockSlack)
    else removeFile(path)
  }
  return since
}
