import { type EngineContext, timestamp } from '../context.js'
import { NoSuchContainerError } from '../errors.js'
import { findContainer } from '../state/find.js'
import { containerLock, volumeLock, withLocks } from '../state/locks.js'
import { readContainer } from '../state/records.js'
import type { ContainerRecord } from '../state/types.js'
import { Session } from './session.js'

/** Names of the volumes that a container mounts. */
export const volumesOf = (record: ContainerRecord): string[] => [
  ...new Set(record.mounts.flatMap(({ name }) => (name === undefined ? [] : [name]))),
]

/**
 * Runs one operation on the container that a user names, alone: nobody else changes it or its volumes meanwhile, in this process or
 * another.
 * @throws NoSuchContainerError, AmbiguousContainerError, CorruptRecordError
 */
export async function withContainer<T>(
  context: EngineContext,
  reference: string,
  work: (session: Session) => Promise<T>,
  options: { readonly locks?: readonly string[]; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const id = await findContainer(context, reference)
  const found = await readContainer(context.store, id)
  if (!found) throw new NoSuchContainerError(reference)
  // The mount table never changes, so the locks can be chosen before they are held.
  const locks = [containerLock(id), ...volumesOf(found).map(volumeLock), ...(options.locks ?? [])]
  return withLocks(
    context.store,
    locks,
    async () => {
      const record = await readContainer(context.store, id)
      if (!record) throw new NoSuchContainerError(reference)
      return runSession(new Session(context, orphaned(context, record)), work)
    },
    options.signal,
  )
}

/**
 * A container whose main process runs is locked by whoever runs it. So one that says it runs, has a process and could be locked was left by
 * a process that died.
 */
const orphaned = (context: EngineContext, record: ContainerRecord): ContainerRecord =>
  record.state.status !== 'running' || record.hold
    ? record
    : { ...record, scratch: [], state: { ...record.state, status: 'exited', exitCode: 137, finishedAt: timestamp(context) } }

/** Runs the operation and saves what it did. */
export async function runSession<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
  let result: T
  try {
    result = await work(session)
  } catch (error) {
    await saveOrDiscard(session)
    throw error
  }
  await saveOrDiscard(session)
  return result
}

async function saveOrDiscard(session: Session): Promise<void> {
  try {
    await session.save()
  } catch (error) {
    session.discard()
    throw error
  } finally {
    session.releaseWritten()
  }
}
