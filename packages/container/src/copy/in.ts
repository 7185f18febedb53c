import { readTar, type TarEntry } from '@layerwright/layer'
import type { Content, FileSystem } from '@layerwright/vfs'
import type { EngineContext } from '../context.js'
import { CopyDestinationNotADirectoryError, NotADirectoryError, PathNotFoundError, ReadOnlyTargetError } from '../errors.js'
import { type LiveView, refuseWhileMain, withLiveFiles } from '../lifecycle/look.js'
import { identify } from '../lifecycle/process.js'
import { withContainer } from '../lifecycle/transaction.js'
import type { Limits } from '../limits.js'
import { isWithin } from '../paths.js'
import { followInScope, lstatIfAny } from '../scope.js'
import { inContainer } from './endings.js'
import { renameTop } from './entries.js'
import { extract } from './extract.js'
import { hostSource } from './host.js'
import { type CopyDestination, planCopy } from './plan.js'
import { findEntry } from './resolve.js'

export interface CopyInOptions {
  /** Give the files to the container's user, where it has one (`cp -a`). */
  readonly archive?: boolean
  /** Copy what a link at the end of the host path leads to. */
  readonly followLink?: boolean
}

/** Copies a host path into a container, running or not. The path is absolute; `dir/.` means what is in `dir`. */
export async function copyIn(
  context: EngineContext,
  hostPath: string,
  reference: string,
  to: string,
  options: CopyInOptions = {},
): Promise<void> {
  const source = await hostSource(context, hostPath, options.followLink ?? false)
  try {
    await withTarget(context, reference, async (target) => {
      const { dir, name } = planCopy(source, destinationOf(target.view, to))
      await place(target, context.limits, dir, renameTop(source.entries(), source.name, name), options)
    })
  } finally {
    // Only now: what was copied is read from the host when the container is saved.
    source.close()
  }
}

/** Unpacks a tar into a directory of a container. Whiteouts have no meaning in it. */
export async function copyArchiveIn(
  context: EngineContext,
  archive: Content,
  reference: string,
  to: string,
  options: CopyInOptions = {},
): Promise<void> {
  const entries = await readTar(archive)
  await withTarget(context, reference, async (target) => {
    const destination = destinationOf(target.view, to)
    if (destination.kind !== 'dir') throw new CopyDestinationNotADirectoryError(to)
    await place(target, context.limits, destination.path, entries, options)
  })
}

/** Where a copy goes. */
interface Target extends Omit<LiveView, 'isMountPoint'>, Partial<Pick<LiveView, 'isMountPoint'>> {}

/** The files that the main process has now, or the container's at rest. */
async function withTarget(context: EngineContext, reference: string, work: (target: Target) => Promise<void>): Promise<void> {
  if (await withLiveFiles(context, reference, work)) return
  await withContainer(context, reference, async (session) => {
    refuseWhileMain(session)
    // What is written refers to bytes outside.
    session.reloadAfterSave()
    await work({ record: session.record, view: await session.copyView() })
  })
}

/** The destination: a link at its end is followed, wherever in the container it leads. */
function destinationOf(view: FileSystem, to: string): CopyDestination {
  // Nothing is named, so nothing is there: a file has no place to go to, and the contents of a directory go to the root.
  if (to === '') return { path: './', kind: undefined }
  const found = findEntry(view, to)
  if (found?.stat.type !== 'symlink') return { path: inContainer(to), kind: found && (found.stat.type === 'dir' ? 'dir' : 'other') }
  const target = followInScope(view, inContainer(to))
  const type = lstatIfAny(view, target)?.type
  return { path: target, kind: type && (type === 'dir' ? 'dir' : 'other') }
}

/** Checks the place and writes there, in one go: nothing is resolved twice, and at rest the container is locked (S31). */
async function place(target: Target, limits: Limits, dir: string, entries: readonly TarEntry[], options: CopyInOptions): Promise<void> {
  const { record, view, isMountPoint } = target
  const into = followInScope(view, dir)
  const there = lstatIfAny(view, into)
  if (!there) throw new PathNotFoundError(dir)
  if (there.type !== 'dir') throw new NotADirectoryError(dir)
  refuseReadOnly(target, into)
  const user = options.archive ? (record.config.User ?? '') : ''
  const owner = user === '' ? undefined : await identify(view, user)
  extract(view, into, entries, { limits, ...(owner ? { owner } : {}), ...(isMountPoint ? { isMountPoint } : {}) })
}

function refuseReadOnly({ record, view }: Target, target: string): void {
  const around = record.mounts
    .filter(({ type }) => type !== 'tmpfs')
    .map((mount) => ({ rw: mount.rw, place: followInScope(view, mount.destination) }))
    .filter((mount) => isWithin(mount.place, target))
    .sort((a, b) => b.place.length - a.place.length)
  if (!(around[0]?.rw ?? !record.readonlyRootfs)) throw new ReadOnlyTargetError(target)
}
