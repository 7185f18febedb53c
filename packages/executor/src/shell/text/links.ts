import type { Stat } from '@layerwright/vfs'
import type { Call } from '../call.js'
import { codeOf } from '../system/strerror.js'

/** Links of an inode as disk filesystems count them: a directory has two and one for each directory in it. */
export function linkCount(call: Call, path: string, stat: Stat): number {
  if (stat.type !== 'dir') return stat.nlink
  try {
    return 2 + call.fs.readdir(path).filter((entry) => entry.type === 'dir').length
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return 2
  }
}
