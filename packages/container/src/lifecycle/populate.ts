import type { OpenedTree } from '@layerwright/executor'
import { type DirInode, lookup, mountView, type Overlay, upperChanges } from '@layerwright/vfs'
import { MountTypeMismatchError, WorkdirNotADirectoryError } from '../errors.js'
import type { MountPoint } from '../mounts/types.js'
import { depthOf } from '../paths.js'
import { followInScope, lstatIfAny } from '../scope.js'
import { type LiveTree, nothing } from '../state/trees.js'
import { applyToVolume } from '../volumes/apply.js'
import { sourceOf } from '../volumes/live.js'

/**
 * Fills a volume that has nothing in it with what the image has at its place, the place's own owner and mode included (also when there
 * is nothing else). One entry in the volume, and it is left alone.
 * @throws MountTypeMismatchError where the place is no directory
 */
export function populate(volume: LiveTree | OpenedTree, root: Overlay, mount: MountPoint): void {
  const place = followInScope(root, mount.destination)
  const there = lstatIfAny(root, place)
  if (!there) return
  if (there.type !== 'dir') throw new MountTypeMismatchError(mount.destination, 'the image has a file there')
  if (mountView(sourceOf(volume)).readdir('/').length > 0) return
  const from = lookup(root.freeze(), place, { follow: false }) as DirInode
  applyToVolume(volume, upperChanges(nothing, from), from)
}

/** Volumes that are to be filled, shallow ones first. */
export const toPopulate = (mounts: readonly MountPoint[]): MountPoint[] =>
  mounts.filter(({ type, copy }) => type === 'volume' && copy).sort((a, b) => depthOf(a.destination) - depthOf(b.destination))

/** Makes the working directory in the container's layer, with its parents, owned by root. @throws WorkdirNotADirectoryError */
export function makeWorkdir(root: Overlay, workdir: string): void {
  if (workdir === '') return
  const place = followInScope(root, workdir)
  const there = lstatIfAny(root, place)
  if (there?.type === 'dir') return
  if (there) throw new WorkdirNotADirectoryError(workdir)
  try {
    root.mkdir(place, { recursive: true })
  } catch (error) {
    throw new WorkdirNotADirectoryError(`${workdir} (${error instanceof Error ? error.message : String(error)})`)
  }
}
