import type { ExecMount } from '@layerwright/executor'
import { type FileSystem, isFsError, type Mountable, mountView, type Overlay } from '@layerwright/vfs'
import { MountTypeMismatchError, PathNotFoundError, ReadOnlyFilesystemError } from '../errors.js'
import { depthOf, dirName } from '../paths.js'
import { followInScope, lstatIfAny } from '../scope.js'

/** A filesystem to be mounted. */
export interface Placed {
  readonly destination: string
  readonly source: Overlay | Mountable
  /** Inside the source. */
  readonly subpath?: string
  readonly readonly: boolean
  /** Of the volume. */
  readonly name?: string
  /** See `ExecMount`. */
  readonly scratch?: ExecMount['scratch']
  /** Nothing in it may be executed; only a kernel enforces that. */
  readonly noexec?: boolean
  /**
   * A tmpfs takes its mode from the directory that it covers; called with that mode, or with undefined where there was none.
   */
  readonly covers?: (mode: number | undefined) => void
}

/** A root with everything mounted. */
export interface Layout {
  readonly filesystem: FileSystem
  /** For an executor that makes its own mounts: targets are where they really lie, and their mount points are there. */
  readonly mounts: readonly ExecMount[]
}

/**
 * Lays the mounts out over a root, shallow ones first, whatever order they were given in: each mount point is looked up, and made
 * where it is missing, in what the mounts before it show (so a mount point inside a volume appears in that volume).
 * What the mounts hide stays as it is, and nothing is created in a lower tree (S23); the layout is complete before anything
 * runs in it (S29).
 * @throws MountTypeMismatchError, ReadOnlyFilesystemError, PathNotFoundError (a subpath that is not there)
 */
export function layOut(root: Overlay, placed: readonly Placed[], readonlyRoot: boolean): Layout {
  const mounts: ExecMount[] = []
  const ordered = placed.map((each) => ({ each, depth: depthOf(each.destination) })).sort((a, b) => a.depth - b.depth)
  for (const { each } of ordered) {
    const view = mountView(root, mounts)
    const directory = kindOf(each) === 'dir'
    const target = pointOf(view, each, directory)
    const { source, subpath, readonly, name, noexec = false, scratch } = each
    mounts.push({
      ...{ target, source, readonly, noexec },
      ...(subpath === undefined ? {} : { subpath }),
      ...(name === undefined ? {} : { name }),
      ...(scratch ? { scratch } : {}),
    })
  }
  return { filesystem: mountView(root, mounts, { readonly: readonlyRoot }), mounts }
}

/** What is about to be mounted. */
function kindOf({ source, subpath, destination }: Placed): 'dir' | 'file' {
  const fs = mountView(source)
  try {
    return fs.stat(subpath === undefined ? '/' : `/${subpath}`).type === 'dir' ? 'dir' : 'file'
  } catch (error) {
    // A file as a whole filesystem (a bound host file) has no directory to stand in.
    if (subpath === undefined && isFsError(error, 'ENOTDIR')) return 'file'
    if (isFsError(error, 'ENOENT') || isFsError(error, 'ENOTDIR')) throw new PathNotFoundError(`${destination}: subpath ${subpath}`)
    throw error
  }
}

function pointOf(view: FileSystem, { destination, covers }: Placed, directory: boolean): string {
  try {
    const target = followInScope(view, destination)
    const there = lstatIfAny(view, target)
    if (!there) {
      const parent = dirName(target)
      if (lstatIfAny(view, parent)?.type !== 'dir') view.mkdir(parent, { recursive: true })
      if (directory) view.mkdir(target)
      else view.writeFile(target, '', { mode: 0o755 })
    } else if ((there.type === 'dir') !== directory) {
      throw new MountTypeMismatchError(
        destination,
        directory ? 'it is a file and the source is a directory' : 'it is a directory and the source is a file',
      )
    }
    covers?.(there?.mode)
    return target
  } catch (error) {
    if (isFsError(error, 'EROFS')) throw new ReadOnlyFilesystemError(destination)
    if (isFsError(error, 'ENOTDIR') || isFsError(error, 'EEXIST'))
      throw new MountTypeMismatchError(destination, 'something on the way to it is not a directory')
    throw error
  }
}
