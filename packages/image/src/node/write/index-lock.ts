import { join } from 'node:path'
import { folderLocks } from '@layerwright/store/node'
import { dropEmptyFolder, errnoOf } from '../files.js'

/** Runs `work` while no other process changes the index of the layout in `dir`. Nothing of the lock stays in the layout. */
export async function lockIndex(dir: string, work: () => Promise<void>): Promise<void> {
  const folder = join(dir, '.locks')
  for (;;) {
    let begun = false
    try {
      return await folderLocks(folder)('index.json', () => {
        begun = true
        return work()
      })
    } catch (error) {
      // whoever was before has just taken the empty folder away: a claim in it would have kept it
      if (begun || errnoOf(error) !== 'ENOENT') throw error
    } finally {
      dropEmptyFolder(folder)
    }
  }
}
