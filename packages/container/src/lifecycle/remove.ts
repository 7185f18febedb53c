import type { EngineContext } from '../context.js'
import { ContainerRunningError } from '../errors.js'
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

/** @throws NoSuchContainerError, ContainerRunningError */
export const removeContainer = (context: EngineContext, reference: string, options: RemoveOptions = {}): Promise<void> =>
  withContainer(context, reference, async (session) => {
    if (session.running && !options.force) throw new ContainerRunningError(session.record.name)
    await removeSession(session, options.volumes ?? false)
  })

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
