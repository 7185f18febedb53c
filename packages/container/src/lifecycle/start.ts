import { type FileSystem, isFsError } from '@layerwright/vfs'
import { checkStartOptions } from '../check-options.js'
import { commandLine } from '../config.js'
import { apart, type EngineContext, timestamp } from '../context.js'
import { ReadOnlyFilesystemError, TerminalRequiredError, WorkdirNotADirectoryError } from '../errors.js'
import type { ContainerState } from '../state/types.js'
import { type Attachment, checkProcess, identify } from './process.js'
import { removeSession } from './remove-session.js'
import { newOwner } from './runs.js'
import type { Session } from './session.js'
import { refusal, superviseMain } from './supervise.js'
import { presentRecord, withContainer } from './transaction.js'

export interface StartResult {
  /** Exit code of the main process; undefined where the container runs on. */
  readonly exitCode: number | undefined
}

export interface StartOptions extends Attachment {
  /** Returns when the main process runs. It goes on in a process of its own, where the engine can make one; what it puts out is in the log. */
  readonly detach?: boolean
}

/**
 * Mounts and starts a container. Its main process runs to the end before this returns, unless it is detached or the container is held. Its locks
 * are held only while it begins and while it ends. Starting one that runs already does nothing.
 * @throws OptionsInvalidError, BindSourceMissingError, MountTypeMismatchError, ReadOnlyFilesystemError and what a process can fail with; the container
 * stays as it was.
 */
export async function startContainer(context: EngineContext, reference: string, options: StartOptions = {}): Promise<StartResult> {
  checkStartOptions(options)
  const { id, name, hold, state, settings } = await presentRecord(context, reference)
  if (state.status === 'running') return { exitCode: undefined }
  if (settings?.terminal && !hold && (options.detach || !options.terminal)) throw new TerminalRequiredError(name)
  const lock = { signal: options.signal }
  if (hold) {
    await withContainer(context, id, startHeld, lock)
    return { exitCode: undefined }
  }
  const { launch } = context.supervision
  if (options.detach && launch) {
    await launch(id)
    return { exitCode: undefined }
  }
  const owner = newOwner(context)
  const begun = await withContainer(apart(context), id, (session) => beginMain(session, owner), lock)
  if (!begun) return { exitCode: undefined }
  const { control, ended } = superviseMain(begun.session, begun.before, options, { id, owner })
  if (!options.detach) return { exitCode: await ended }
  // Whatever comes of it is in the record.
  ended.catch(() => undefined)
  await control.started
  return { exitCode: undefined }
}

/** Mounted and running, without a process. */
export async function startHeld(session: Session): Promise<void> {
  if (session.running) return
  await attempt(session, async () => {
    const view = await furnish(session)
    await identify(view, session.record.config.User ?? '')
    session.update({ state: running(session) })
  })
}

/** Everything up to the process: gives the session that it runs in, and the state to go back to; undefined where it runs already. */
function beginMain(session: Session, owner: string): Promise<{ session: Session; before: ContainerState } | undefined> {
  return attempt(session, async () => {
    if (session.running) return undefined
    const view = await furnish(session, true)
    const { config, state: before } = session.record
    await checkProcess(view, config, {
      argv: commandLine(config),
      cwd: config.WorkingDir || '/',
      user: config.User ?? '',
      env: [],
    })
    session.update({ state: { ...running(session), owner } })
    return { session, before }
  })
}

const running = ({ record, context }: Session): ContainerState => ({
  ...record.state,
  status: 'running',
  exitCode: 0,
  startedAt: timestamp(context),
  finishedAt: '',
  error: '',
})

async function furnish(session: Session, shared = false): Promise<FileSystem> {
  session.begin()
  if (shared) await session.volumes.share(session.record)
  const view = await session.view()
  const cwd = session.record.config.WorkingDir || '/'
  if (!view.exists(cwd)) makeInMounts(view, cwd)
  return view
}

async function attempt<T>(session: Session, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    refuse(session, error)
    if (session.record.autoRemove) await removeSession(session, true)
    throw error
  }
}

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

/** A start that failed: the container stays what it was, and says why. */
function refuse(session: Session, error: unknown): void {
  session.release()
  session.update({ state: { ...session.record.state, ...refusal(error) } })
}
