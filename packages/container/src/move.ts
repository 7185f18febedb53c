import { type FileSystem, isFsError } from '@layerwright/vfs'
import { entriesOf } from './copy/entries.js'
import { extract } from './copy/extract.js'
import { defaultLimits } from './limits.js'
import { baseName, dirName } from './paths.js'
import { lstatIfAny } from './scope.js'

/**
 * What `mv -T` does: renames, and where the two places lie on different mounts, copies with all attributes and removes the original.
 * @throws FsError with rename(2)'s results; what cannot be replaced is left alone
 */
export function moveTree(fs: FileSystem, from: string, to: string): void {
  try {
    fs.rename(from, to)
    return
  } catch (error) {
    if (!isFsError(error, 'EXDEV')) throw error
  }
  // What stands in the way goes as rename(2) would take it: a file by a file, an empty directory by a directory.
  const there = lstatIfAny(fs, to)
  if (there && fs.lstat(from).type === 'dir') fs.rmdir(to)
  else if (there) fs.unlink(to)
  const entries = entriesOf(fs, from, baseName(to))
  extract(fs, dirName(to), entries, { limits: defaultLimits, anyLink: true })
  fs.rm(from, { recursive: true })
}
