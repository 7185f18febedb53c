import { sha256 } from '@layerwright/digest'
import { storeLimits } from '../limits.js'
import { createQueue } from '../queue.js'
import type { StoreMaintenance } from '../types.js'
import { namesIn, type Places, placeIn, removeFile, removeLeftover, statOf, storeError, touchFile, writeSmall } from './files.js'
import { ownedName, ownerLives } from './owner.js'

type LockPlaces = Pick<Places, 'locks' | 'root'>

export type Lock = StoreMaintenance['lock']

/**
 * Locks between processes, without a file that has to be stolen from the dead (two thieves would race).
 *
 * Who wants a lock puts down a claim, an empty file whose name says whose it is, and then looks: when a living process has put down
 * another claim, it takes its own back and tries later. Of two that hold claims at once, the one that came second has seen
 * the first, so never both go on. Claims of dead processes are ignored, and removed by whoever sees them: names are never used twice.
 *
 * Where nothing can be written there is no lock: StoreAccessError, or StoreFullError, before `work` begins.
 */
export function fileLocks(places: LockPlaces): Lock {
  const queue = createQueue()
  return (name, work, signal) =>
    queue(
      name,
      async () => {
        const hash = sha256(name).slice('sha256:'.length)
        const own = `${hash}.${ownedName()}`
        const path = placeIn(places.locks, own)
        while (!claim(places, hash, own)) await delay(storeLimits.lockPoll * (0.2 + Math.random()), signal)
        const beat = setInterval(() => touchFile(path), storeLimits.heartbeat)
        beat.unref()
        try {
          return await work()
        } finally {
          clearInterval(beat)
          removeFile(path)
        }
      },
      signal,
    )
}

function claim(places: LockPlaces, hash: string, own: string): boolean {
  if (isClaimed(places, hash)) return false
  const path = placeIn(places.locks, own)
  try {
    writeSmall(path, '')
  } catch (error) {
    throw storeError(places.root, error)
  }
  if (!isClaimed(places, hash, own)) return true
  removeFile(path)
  return false
}

/** Whether a living process has put down a claim for a lock, by the hash of its name, other than `own`; claims of the dead are removed. */
export function isClaimed(places: Pick<Places, 'locks'>, hash: string, own?: string): boolean {
  return namesIn(places.locks).some((name) => {
    const [ofHash, owner] = name.split('.')
    if (name === own || ofHash !== hash || !owner) return false
    const path = placeIn(places.locks, name)
    const stat = statOf(path)
    if (!stat) return false
    if (ownerLives(owner, Date.now() - stat.mtimeMs)) return true
    removeLeftover(path)
    return false
  })
}

/** Removes the claims and leases of dead processes: nobody may ever want those locks again. */
export function sweepClaims(places: Pick<Places, 'locks'>): void {
  for (const name of namesIn(places.locks)) {
    const path = placeIn(places.locks, name)
    const [, owner] = name.split('.')
    const stat = owner === undefined ? undefined : statOf(path)
    if (owner !== undefined && stat && !ownerLives(owner, Date.now() - stat.mtimeMs)) removeLeftover(path)
  }
}

export function delay(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', abort, { once: true })
  })
}
