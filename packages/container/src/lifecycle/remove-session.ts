import { deleteLog } from '../state/logs.js'
import { deleteContainer, listContainers } from '../state/records.js'
import { forgetSignals } from '../state/signals.js'
import { forgetVolume } from '../volumes/operations.js'
import type { Session } from './session.js'

/** Takes the container out of the store. The session holds the locks of its volumes. */
export async function removeSession(session: Session, volumes: boolean): Promise<void> {
  const { context, record } = session
  session.release()
  await deleteContainer(context.store, record.id)
  await deleteLog(context.store, record.id)
  await forgetSignals(context.store, record.id)
  session.removed = true
  if (!volumes) return
  const others = await listContainers(context.store)
  for (const { name, anonymous } of record.mounts) {
    if (name === undefined || !anonymous || others.some(({ mounts }) => mounts.some((mount) => mount.name === name))) continue
    await forgetVolume(context, name)
  }
}
