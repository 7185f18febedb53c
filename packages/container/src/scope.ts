import { type FileSystem, isFsError, type Stat } from '@layerwright/vfs'
import { dirName, join } from './paths.js'

/** What lies at a path, the last link not followed; undefined where nothing does, or something on the way is no directory. */
export function lstatIfAny(fs: FileSystem, path: string): Stat | undefined {
  try {
    return fs.lstat(path)
  } catch (error) {
    if (isFsError(error, 'ENOENT') || isFsError(error, 'ENOTDIR')) return undefined
    throw error
  }
}

/**
 * Where a path leads when every link on it is followed inside the filesystem, the last one too. Components that are missing are
 * taken as they are written, so the place may be free: a dangling link leads to what it names.
 * @throws FsError ELOOP
 */
export function followInScope(fs: FileSystem, path: string, maxLinks = 40): string {
  const pending = path.split('/').reverse()
  let here = '/'
  let links = 0
  while (pending.length > 0) {
    const name = pending.pop()!
    if (name === '' || name === '.') continue
    if (name === '..') {
      here = dirName(here)
      continue
    }
    const next = join(here, name)
    const stat = lstatIfAny(fs, next)
    if (stat?.type !== 'symlink') {
      here = next
      continue
    }
    // Beyond the limit, asking the filesystem gives the error that a process would get.
    if (++links > maxLinks) fs.stat(path)
    const target = fs.readlink(next)
    if (target.startsWith('/')) here = '/'
    pending.push(...target.split('/').reverse())
  }
  return here
}
