import { writeLayer } from '@layerwright/layer'
import { type FileSystem, type Snapshot, type TreeChange, upperChanges } from '@layerwright/vfs'
import type { EngineContext } from '../context.js'
import { ContainerNotRunningError } from '../errors.js'
import { nothing } from '../state/trees.js'
import { lookInto, refuseWhileMain } from './look.js'
import { withContainer } from './transaction.js'

/** Works on the files of a running container. @throws ContainerNotRunningError */
export const withFilesystem = <T>(
  context: EngineContext,
  reference: string,
  work: (filesystem: FileSystem) => T | Promise<T>,
): Promise<T> =>
  withContainer(context, reference, async (session) => {
    if (!session.running) throw new ContainerNotRunningError(session.record.name)
    refuseWhileMain(session)
    return work(await session.view())
  })

/** What differs from the image, mounts left out: now, also while its main process runs. */
export const diffContainer = (context: EngineContext, reference: string): Promise<TreeChange[]> =>
  lookInto(context, reference, async (session) => (await session.upper()).overlay.diff())

/** The whole tree without mounts. @throws RunningStateUnavailableError while its main process runs: its files change */
export const snapshotContainer = (context: EngineContext, reference: string): Promise<Snapshot> =>
  withContainer(context, reference, async (session) => {
    refuseWhileMain(session)
    return (await session.upper()).overlay.freeze()
  })

/** The whole tree without mounts, as a tar. @throws LayerError for a name that begins with `.wh.` */
export async function exportContainer(context: EngineContext, reference: string, write: (bytes: Uint8Array) => void): Promise<void> {
  await lookInto(context, reference, async (session) => {
    await writeLayer(upperChanges(nothing, (await session.upper()).overlay.freeze()), write)
  })
}
