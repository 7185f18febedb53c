import type { JoinedSandbox } from '@layerwright/executor'
import { StoreAccessError } from '@layerwright/store'
import { type FileSystem, mountView } from '@layerwright/vfs'
import { apart, type EngineContext } from '../context.js'
import { ContainerNotRunningError, RunningStateUnavailableError } from '../errors.js'
import type { ContainerRecord } from '../state/types.js'
import { executorOf } from './executor.js'
import { hasMain } from './runs.js'
import { Session } from './session.js'
import { presentRecord, withContainer } from './transaction.js'

/** Milliseconds until a main process that was just started has said where it is, and between two looks for that. */
const PATIENCE = 20_000
const POLL = 50

/**
 * The sandbox in which a container's main process runs.
 * @throws RunningStateUnavailableError where its executor shows it to nobody; ContainerNotRunningError
 */
export async function joinMain(context: EngineContext, given: ContainerRecord): Promise<JoinedSandbox> {
  const executor = await executorOf(context, given)
  if (!executor.join) {
    const why = executor.simulated ? 'the simulated shell gives its files back when it ends' : 'its executor shows it to nobody'
    throw new RunningStateUnavailableError(given.name, why)
  }
  for (let waited = 0; ; waited += POLL) {
    const { state } = await presentRecord(context, given.id)
    if (state.status !== 'running' || state.run !== given.state.run) throw new ContainerNotRunningError(given.name)
    if (state.handle !== undefined) return executor.join(state.handle)
    if (waited >= PATIENCE) throw new RunningStateUnavailableError(given.name, 'its sandbox has not said where it is')
    await new Promise((resolve) => setTimeout(resolve, POLL))
  }
}

/** A session on the files that a main process has now. Nothing of it may be saved: `discard` it. */
export async function sessionBeside(context: EngineContext, record: ContainerRecord, sandbox: JoinedSandbox): Promise<Session> {
  const session = new Session(apart(context), record, { beside: true })
  await sandbox.look((await session.upper()).overlay)
  return session
}

/**
 * As `withContainer`, for operations that only read: while the main process runs, they see what it has made so far. Volumes are as they were when
 * it began. A store in which nothing can be written, and so nothing be locked, is read as it is.
 * @throws RunningStateUnavailableError
 */
export async function lookInto<T>(context: EngineContext, reference: string, work: (session: Session) => Promise<T>): Promise<T> {
  const record = await presentRecord(context, reference)
  if (hasMain(record)) return withoutSaving(await sessionBeside(context, record, await joinMain(context, record)), work)
  let begun = false
  try {
    return await withContainer(context, reference, (session) => {
      begun = true
      return work(session)
    })
  } catch (error) {
    if (begun || !(error instanceof StoreAccessError)) throw error
    return withoutSaving(new Session(apart(context), record), work)
  }
}

async function withoutSaving<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
  try {
    return await work(session)
  } finally {
    session.discard()
  }
}

/** A running container's files as its main process sees them, mounts included. */
export interface LiveView {
  readonly record: ContainerRecord
  readonly view: FileSystem
  /** Whether something is mounted on a path, links resolved. */
  readonly isMountPoint: (path: string) => boolean
}

/**
 * Works on the files that a main process has now.
 * @returns undefined where nothing was done: it does not run
 */
export async function withLiveFiles<T>(
  context: EngineContext,
  reference: string,
  work: (live: LiveView) => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  const record = await presentRecord(context, reference)
  if (!hasMain(record)) return undefined
  const files = (await joinMain(context, record)).files()
  try {
    return { result: await work({ record, view: mountView(files.source), isMountPoint: (path) => files.mountPoints.has(path) }) }
  } finally {
    files.close()
  }
}

/** @throws RunningStateUnavailableError for a container whose files are its main process' */
export function refuseWhileMain({ record }: Session): void {
  if (hasMain(record)) throw new RunningStateUnavailableError(record.name, 'its files cannot be written to from outside')
}
