/**
 * Who runs containers on this machine: processes, by number and time of start, so that a number that was given out again, or one from before a restart of
 * the machine, is nobody's. Processes are only ever ended by the marks that they left in records of the user's store.
 */
import { ownedName, ownerLives, ownerPid } from '@layerwright/store/node'
import type { Supervision } from '../index.js'

/** @param launch starts a process that calls `start` on a container; without it detached containers run in this process */
export function nodeSupervision(launch?: (id: string) => Promise<void>): Supervision {
  const mark = ownedName()
  // Where start times can be read, a process that cannot be seen is one of another machine, or of before its restart: it is not asked for signs of life.
  const silence = process.platform === 'linux' ? Number.POSITIVE_INFINITY : 0
  const lives = (other: string): boolean => ownerLives(other, silence)
  return {
    mark,
    lives,
    end(other) {
      const pid = ownerPid(other)
      if (pid === undefined || !lives(other)) return
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    },
    ...(launch ? { launch } : {}),
  }
}
