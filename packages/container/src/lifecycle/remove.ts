import type { EngineContext } from '../context.js'
import { ContainerRunningError, CorruptRecordError } from '../errors.js'
import { isFullId } from '../names.js'
import { containerLock, withLocks } from '../state/locks.js'
import { deleteLog } from '../state/logs.js'
import { deleteContainer, listContainers } from '../state/records.js'
import { forgetVolume } from '../volumes/operations.js'
import type { Session } from './session.js'
import { withContainer } from './transaction.js'

export interface RemoveOptions {
  /** Also while it runs. */
  readonly force?: boolean
  /** With its anonymous volumes, as far as no other container mounts them. Named volumes stay. */
  readonly volumes?: boolean
}

/** @throws NoSuchContainerError, ContainerRunningError, CorruptRecordError (unless forced) */
export async function removeContainer(context: EngineContext, reference: string, options: RemoveOptions = {}): Promise<void> {
  try {
    await withContainer(context, reference, async (session) => {
      if (session.running && !options.force) throw new ContainerRunningError(session.record.name)
      await removeSession(session, options.volumes ?? false)
    })
  } catch (error) {
    if (!(error instanceof CorruptRecordError && options.force && isFullId(reference))) throw error
    await removeUnreadable(context, reference)
  }
}

/** A container whose record says nothing any more: only what has its id can be taken away. */
async function removeUnreadable(context: EngineContext, id: string): Promise<void> {
  await withLocks(context.store, [containerLock(id)], async () => {
    await deleteContainer(context.store, id)
    await deleteLog(context.store, id)
    context.containers.delete(id)
  })
}

/** Takes the container out of the store. The session holds the locks of its volumes. */
export async function removeSession(session: Session, volumes: boolean): Promise<void> {
  const { context, record } = session
  session.release()
  await deleteContainer(context.store, record.id)
  await deleteLog(context.store, record.id)
  session.removed = true
  if (!volumes) return
  const others = await listContainers(context.store)
  for (const { name, anonymous } of record.mounts) {
    if (name === undefined || !anonymous || others.some(({ mounts }) => mounts.some((mount) => mount.name === name))) continue
    await forgetVolume(context, name)
  }
}
