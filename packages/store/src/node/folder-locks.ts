import { makeDir } from './files.js'
import { fileLocks, type Lock } from './locks.js'

/**
 * Locks that all processes have in common that name the same folder, for what is no store: an index file that several append to. The folder is made; nothing
 * else should lie in it.
 */
export function folderLocks(folder: string): Lock {
  makeDir(folder)
  return fileLocks({ root: folder, locks: folder })
}
