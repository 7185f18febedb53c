import type { RunningCommand } from '@layerwright/executor'
import { commandLine } from '../config.js'
import { type EngineContext, timestamp } from '../context.js'
import { CommandNotExecutableError, CommandNotFoundError, WorkdirMissingError } from '../errors.js'
import { containerLock, withLocks } from '../state/locks.js'
import { LogWriter } from '../state/logs.js'
import { readContainer, writeContainer } from '../state/records.js'
import { forgetSignals, takeSignals } from '../state/signals.js'
import type { ContainerState } from '../state/types.js'
import { ProcessControl } from './control.js'
import { type Attachment, isAborted, runProcess } from './process.js'
import { removeSession } from './remove-session.js'
import { addRun, nameOfRun, removeRun } from './runs.js'
import type { Session } from './session.js'
import { KILLED, locksOf, runSession } from './transaction.js'

/** Milliseconds between two looks for signals that other processes left. */
const MAIL = 100

/** One run of a container's main process. */
interface Run {
  readonly id: string
  readonly owner: string
}

/**
 * Runs a main process without any lock: it works on trees of its own, which are saved when it has ended. The container's record says meanwhile who runs it.
 * @param before the state that a process which could not begin leaves
 */
export function superviseMain(
  session: Session,
  before: ContainerState,
  attachment: Attachment,
  run: Run,
): { readonly control: ProcessControl; readonly ended: Promise<number> } {
  const control = new ProcessControl()
  // Known before anything is waited for: the record says already that it is run here.
  addRun(run.owner, control)
  return { control, ended: runMain(session, before, attachment, run, control) }
}

async function runMain(
  session: Session,
  before: ContainerState,
  attachment: Attachment,
  { id, owner }: Run,
  control: ProcessControl,
): Promise<number> {
  const { context, record } = session
  const { store, limits } = context
  const log = new LogWriter(store, id, limits.logBytes)
  const mail = setInterval(() => void deliver(context, id, record.state.run, control), MAIL)
  let exitCode = KILLED
  let failure: unknown
  attachment.onProcess?.(control)
  try {
    await forgetSignals(store, id)
    exitCode = await runProcess(session, await session.view(), {
      ...attachment,
      argv: commandLine(record.config),
      cwd: record.config.WorkingDir || '/',
      user: record.config.User ?? '',
      env: [],
      control,
      recoverAs: nameOfRun(record.id, record.state.run),
      onBegun: (command) => keepBegun(context, id, owner, command),
      onOutput: (stream, bytes) => {
        log.add({ stream, time: timestamp(context), bytes })
        attachment.onOutput?.(stream, bytes)
      },
    })
  } catch (error) {
    failure = processError(error, commandLine(record.config)[0] ?? '', record.config.WorkingDir || '/')
  }
  clearInterval(mail)
  try {
    await log.close()
  } catch (error) {
    failure ??= error
  }
  try {
    await withLocks(store, locksOf(record), () => conclude(session, id, exitCode, failure, before))
  } finally {
    removeRun(owner)
  }
  if (failure !== undefined) throw failure
  return exitCode
}

/** The end: what it wrote is saved. What was aborted did run, and counts as killed. What could not begin leaves the container as it was. */
async function conclude(session: Session, id: string, exitCode: number, failure: unknown, before: ContainerState): Promise<void> {
  const record = await readContainer(session.context.store, id)
  if (!record) return session.discard()
  // It may have another name by now.
  session.record = { ...record, upper: session.record.upper }
  await session.volumes.catchUp()
  await runSession(session, async () => {
    if (failure === undefined || isAborted(failure)) return finish(session, exitCode)
    session.release()
    session.update({ state: { ...before, ...refusal(failure) } })
    if (session.record.autoRemove) await removeSession(session, true)
  })
}

/** What a start that failed leaves in the state. */
export const refusal = (error: unknown): Pick<ContainerState, 'exitCode' | 'error'> => ({
  exitCode: error instanceof CommandNotFoundError ? 127 : error instanceof CommandNotExecutableError ? 126 : 128,
  error: error instanceof Error ? error.message : String(error),
})

/** The main process ended, or a held container was stopped. */
export async function finish(session: Session, exitCode: number): Promise<void> {
  const { owner: _, handle: __, ports: ___, ...state } = session.record.state
  session.release()
  session.update({ state: { ...state, status: 'exited', exitCode, finishedAt: timestamp(session.context) } })
  if (session.record.autoRemove) await removeSession(session, true)
}

/** What only the runtime could find out, in the words of this package. */
export function processError(error: unknown, command: string, cwd: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'RUN_COMMAND_NOT_FOUND') return new CommandNotFoundError(command)
  if (code === 'RUN_COMMAND_DENIED') return new CommandNotExecutableError(command, (error as Error).message)
  if (code === 'RUN_DIRECTORY') return new WorkdirMissingError(cwd)
  return error
}

async function deliver({ store }: EngineContext, id: string, run: number, control: ProcessControl): Promise<void> {
  try {
    for (const signal of await takeSignals(store, id, run)) control.send(signal)
  } catch {
    // The store is not to be had for the moment: the next look finds them.
  }
}

/** From now on others can join it, and know its ports. */
async function keepBegun({ store }: EngineContext, id: string, owner: string, { handle, ports }: RunningCommand): Promise<void> {
  if (handle === undefined && !ports?.length) return
  return withLocks(store, [containerLock(id)], async () => {
    const record = await readContainer(store, id)
    if (record?.state.owner === owner)
      await writeContainer(store, {
        ...record,
        state: { ...record.state, ...(handle === undefined ? {} : { handle }), ...(ports ? { ports } : {}) },
      })
  })
}
