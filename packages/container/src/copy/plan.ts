import { CopyDestinationDirMissingError, CopyDirToFileError } from '../errors.js'
import { assertsDirectory, splitEntry } from './endings.js'

/** The destination as it was found, links followed. */
export interface CopyDestination {
  /** With its ending. */
  readonly path: string
  readonly kind: 'dir' | 'other' | undefined
}

/** Where the copy is unpacked, and under which name its topmost entry goes there. */
export interface CopyPlan {
  readonly dir: string
  readonly name: string
}

/**
 * Into a directory that is there, the source keeps its name; anywhere else it takes the destination's, beside what is there.
 * @param name the source's last name; `.` stands for the contents of a directory
 * @throws CopyDirToFileError, CopyDestinationDirMissingError
 */
export function planCopy(source: { readonly isDir: boolean; readonly name: string }, destination: CopyDestination): CopyPlan {
  if (destination.kind === 'dir') return { dir: destination.path, name: source.name }
  if (destination.kind === 'other' && source.isDir) throw new CopyDirToFileError(destination.path)
  if (destination.kind === undefined && !source.isDir && assertsDirectory(destination.path))
    throw new CopyDestinationDirMissingError(destination.path)
  const { dir, base } = splitEntry(destination.path)
  return { dir, name: base }
}
