import { type FileSystem, isFsError, type Stat } from '@layerwright/vfs'
import { NotADirectoryError, PathNotFoundError } from '../errors.js'
import { join } from '../paths.js'
import { followInScope } from '../scope.js'
import { inContainer } from './endings.js'

export interface Resolved {
  /** The path with the directories' links followed; the last one too where the ending asks for a directory. */
  readonly path: string
  readonly stat: Stat
}

/** What a path of the container means, its last link kept unless its ending asks for a directory. @throws PathNotFoundError, NotADirectoryError */
export function resolveEntry(fs: FileSystem, path: string): Resolved {
  const absolute = inContainer(path)
  const cut = absolute.lastIndexOf('/')
  const base = absolute.slice(cut + 1)
  const dir = followInScope(fs, absolute.slice(0, cut + 1))
  const resolved = base === '' || base === '.' ? dir : join(dir, base)
  try {
    const stat = fs.lstat(resolved)
    if ((base === '' || base === '.') && stat.type !== 'dir') throw new NotADirectoryError(path)
    return { path: resolved, stat }
  } catch (error) {
    if (isFsError(error, 'ENOENT')) throw new PathNotFoundError(path)
    if (isFsError(error, 'ENOTDIR')) throw new NotADirectoryError(path)
    throw error
  }
}

/** As `resolveEntry`, undefined where nothing is there. */
export function findEntry(fs: FileSystem, path: string): Resolved | undefined {
  try {
    return resolveEntry(fs, path)
  } catch (error) {
    if (error instanceof PathNotFoundError || error instanceof NotADirectoryError) return undefined
    throw error
  }
}
