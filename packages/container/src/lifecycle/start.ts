import { type FileSystem, isFsError } from '@layerwright/vfs'
import { commandLine } from '../config.js'
import { type EngineContext, timestamp } from '../context.js'
import { CommandNotExecutableError, CommandNotFoundError, ReadOnlyFilesystemError, WorkdirNotADirectoryError } from '../errors.js'
import { appendLog, createLogBuffer } from '../state/logs.js'
import { writeContainer } from '../state/records.js'
import { type Attachment, identify, runProcess } from './process.js'
import { removeSession } from './remove.js'
import type { Session } from './session.js'
import { withContainer } from './transaction.js'

export interface StartResult {
  /** Exit code of the main process; undefined where the container runs on, without one. */
  readonly exitCode: number | undefined
}

/**
 * Mounts and starts a container. Its main process runs to the end before this returns, unless the container is held. Starting one that
 * runs already does nothing.
 * @throws BindSourceMissingError, MountTypeMismatchError, ReadOnlyFilesystemError and what a process can fail with; the container
 * stays as it was.
 */
export const startContainer = (context: EngineContext, reference: string, attachment: Attachment = {}): Promise<StartResult> =>
  withContainer(context, reference, (session) => startSession(session, attachment), { signal: attachment.signal })

export async function startSession(session: Session, attachment: Attachment): Promise<StartResult> {
  if (session.running) return { exitCode: undefined }
  const { context } = session
  try {
    session.begin()
    const view = await session.view()
    const cwd = session.record.config.WorkingDir || '/'
    if (!view.exists(cwd)) makeInMounts(view, cwd)
    if (session.record.hold) {
      await identify(view, session.record.config.User ?? '')
      session.update({
        state: { ...session.record.state, status: 'running', exitCode: 0, startedAt: timestamp(context), finishedAt: '', error: '' },
      })
      return { exitCode: undefined }
    }
    return { exitCode: await runMain(session, attachment, cwd) }
  } catch (error) {
    if (!isAborted(error)) refuse(session, error)
    if (session.record.autoRemove && !session.removed) await removeSession(session, true)
    throw error
  }
}

const isAborted = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'RUN_ABORTED'

/** The working directory was made in the layer at create; a mount that lies over it may lack it. */
function makeInMounts(view: FileSystem, cwd: string): void {
  try {
    view.mkdir(cwd, { recursive: true })
  } catch (error) {
    if (isFsError(error, 'EROFS')) throw new ReadOnlyFilesystemError(cwd)
    if (isFsError(error, 'ENOTDIR') || isFsError(error, 'EEXIST')) throw new WorkdirNotADirectoryError(cwd)
    throw error
  }
}

async function runMain(session: Session, attachment: Attachment, cwd: string): Promise<number> {
  const { context, record } = session
  const log = createLogBuffer(context.limits.logBytes)
  const before = record.state
  const running = { ...before, status: 'running', exitCode: 0, startedAt: timestamp(context), finishedAt: '', error: '' } as const
  // Others see it running; should this process die, the next one to open it finds that nobody runs it any more.
  await writeContainer(context.store, { ...record, state: running })
  session.update({ state: running })
  try {
    const exitCode = await runProcess(session, await session.view(), {
      ...attachment,
      argv: commandLine(record.config),
      cwd,
      user: record.config.User ?? '',
      env: [],
      onOutput: (stream, bytes) => {
        log.add({ stream, time: timestamp(context), bytes: bytes.slice() })
        attachment.onOutput?.(stream, bytes)
      },
    })
    await finish(session, exitCode)
    return exitCode
  } catch (error) {
    // What was aborted did run: it counts as killed. What could not begin leaves the container as it was.
    if (isAborted(error)) await finish(session, KILLED)
    else session.update({ state: before })
    throw error
  } finally {
    if (!session.removed) await appendLog(context.store, record.id, log.entries, context.limits.logBytes)
  }
}

/** What a process that was killed leaves as its status: 128 and SIGKILL. */
export const KILLED = 137

/** The main process ended, or a held container was stopped. */
export async function finish(session: Session, exitCode: number): Promise<void> {
  session.release()
  session.update({ state: { ...session.record.state, status: 'exited', exitCode, finishedAt: timestamp(session.context) } })
  if (session.record.autoRemove) await removeSession(session, true)
}

/** A start that failed: the container stays what it was, and says why. */
function refuse(session: Session, error: unknown): void {
  session.release()
  const exitCode = error instanceof CommandNotFoundError ? 127 : error instanceof CommandNotExecutableError ? 126 : 128
  session.update({ state: { ...session.record.state, exitCode, error: error instanceof Error ? error.message : String(error) } })
}
