import { type EngineContext, timestamp } from '../context.js'
import { NoSuchContainerError } from '../errors.js'
import { findContainer } from '../state/find.js'
import { containerLock, volumeLock, withLocks } from '../state/locks.js'
import { readContainer } from '../state/records.js'
import type { ContainerRecord } from '../state/types.js'
import { recoverMain } from './recover.js'
import { isOrphan } from './runs.js'
import { Session } from './session.js'
import { volumesOf } from './session-volumes.js'

/** What nobody else may hold while a container and its volumes change. The mount table never changes, so they can be named before they are held. */
export const locksOf = (record: ContainerRecord): string[] => [containerLock(record.id), ...volumesOf(record).map(volumeLock)]

/**
 * Runs one operation on the container that a user names, alone: nobody else changes it or its volumes meanwhile, in this process or
 * another. Its main process may run all the same: what that writes is no part of the record before it ends.
 * @throws NoSuchContainerError, AmbiguousContainerError, CorruptRecordError
 */
export async function withContainer<T>(
  context: EngineContext,
  reference: string,
  work: (session: Session) => Promise<T>,
  options: { readonly locks?: readonly string[]; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const found = await presentRecord(context, reference)
  return withLocks(
    context.store,
    [...locksOf(found), ...(options.locks ?? [])],
    async () => {
      const record = await settled(context, await readContainer(context.store, found.id))
      if (!record) throw new NoSuchContainerError(reference)
      return runSession(new Session(context, record), work)
    },
    options.signal,
  )
}

/** One whose supervisor died is brought up to date and saved first, as an operation of its own: what it left is given up when that is done. */
async function settled(context: EngineContext, record: ContainerRecord | undefined): Promise<ContainerRecord | undefined> {
  if (!record || !isOrphan(context, record)) return record
  await runSession(new Session(context, withoutOrphan(context, record)), async (session) => {
    session.update({})
    await recoverMain(session)
  })
  return readContainer(context.store, record.id)
}

/** The record of the container that a user names, as far as it is true: the main process of one that died counts as killed. */
export async function presentRecord(context: EngineContext, reference: string): Promise<ContainerRecord> {
  const record = await readContainer(context.store, await findContainer(context, reference))
  if (!record) throw new NoSuchContainerError(reference)
  return withoutOrphan(context, record)
}

/** A record as far as it is true: see `presentRecord`. */
export function withoutOrphan(context: EngineContext, record: ContainerRecord): ContainerRecord {
  if (!isOrphan(context, record)) return record
  const { owner: _, handle: __, ports: ___, ...state } = record.state
  return { ...record, scratch: [], state: { ...state, status: 'exited', exitCode: KILLED, finishedAt: timestamp(context) } }
}

/** What a process that was killed leaves as its status: 128 and SIGKILL. */
export const KILLED = 137

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
