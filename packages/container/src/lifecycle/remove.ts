import type { EngineContext } from '../context.js'
import { ContainerRunningError, CorruptRecordError } from '../errors.js'
import { isFullId } from '../names.js'
import { containerLock, withLocks } from '../state/locks.js'
import { deleteLog } from '../state/logs.js'
import { deleteContainer, readContainer } from '../state/records.js'
import { removeSession } from './remove-session.js'
import { hasMain } from './runs.js'
import { killMain } from './stop.js'
import { presentRecord, withContainer } from './transaction.js'

export interface RemoveOptions {
  /** Also while it runs. */
  readonly force?: boolean
  /** With its anonymous volumes, as far as no other container mounts them. Named volumes stay. */
  readonly volumes?: boolean
}

/** @throws NoSuchContainerError, ContainerRunningError, CorruptRecordError (unless forced) */
export async function removeContainer(context: EngineContext, reference: string, options: RemoveOptions = {}): Promise<void> {
  try {
    if (options.force && !(await endMain(context, reference))) return
    await withContainer(context, reference, async (session) => {
      if (session.running && !options.force) throw new ContainerRunningError(session.record.name)
      await removeSession(session, options.volumes ?? false)
    })
  } catch (error) {
    if (!(error instanceof CorruptRecordError && options.force && isFullId(reference))) throw error
    await removeUnreadable(context, reference)
  }
}

/** Gives whether the container is still there: one that removes itself is not. */
async function endMain(context: EngineContext, reference: string): Promise<boolean> {
  const record = await presentRecord(context, reference)
  if (!hasMain(record)) return true
  await killMain(context, record)
  return (await readContainer(context.store, record.id)) !== undefined
}

/**
 * Takes away what says that it runs and whose supervisor died, and removes itself.
 * @throws NoSuchContainerError
 */
export const settleContainer = (context: EngineContext, id: string): Promise<void> =>
  withContainer(context, id, async (session) => {
    if (!session.running && session.record.autoRemove && session.record.state.status === 'exited') await removeSession(session, true)
  })

/** A container whose record says nothing any more: only what has its id can be taken away. */
async function removeUnreadable(context: EngineContext, id: string): Promise<void> {
  await withLocks(context.store, [containerLock(id)], async () => {
    await deleteContainer(context.store, id)
    await deleteLog(context.store, id)
    context.containers.delete(id)
  })
}
