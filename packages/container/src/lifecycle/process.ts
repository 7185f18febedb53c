import { type Input, lookupUser, RunAbortedError, type RunningCommand } from '@layerwright/executor'
import { type FileSystem, isFsError } from '@layerwright/vfs'
import { processEnv } from '../config.js'
import {
  CommandNotExecutableError,
  CommandNotFoundError,
  NoSuchUserError,
  WorkdirMissingError,
  WorkdirNotADirectoryError,
} from '../errors.js'
import { join } from '../paths.js'
import type { ContainerConfig } from '../state/types.js'
import type { ProcessControl, ProcessHandle } from './control.js'
import { executorOf } from './executor.js'
import type { Session } from './session.js'
import { SIGKILL } from './signals.js'

/** How a process is attached. */
export interface Attachment {
  /** All of it, or as it comes; the simulated shell reads it to its end first. */
  readonly stdin?: Input
  /** The terminal of this process is the container's: `stdin` and `onOutput` are not used. Real sandboxes only. */
  readonly terminal?: boolean
  /** Called for each piece of output, as soon as there is one. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
  /** Called once, before the process begins: for passing signals on. */
  readonly onProcess?: (process: ProcessHandle) => void
  /** Kills the process: what was awaited is rejected with RUN_ABORTED. */
  readonly signal?: AbortSignal
}

/** A process of a container. */
export interface ProcessWords {
  readonly argv: readonly string[]
  /** Absolute. */
  readonly cwd: string
  readonly user: string
  /** `NAME=value` over the container's own. */
  readonly env: readonly string[]
}

export interface ProcessOptions extends Omit<Attachment, 'onProcess'>, ProcessWords {
  readonly control: ProcessControl
  /** See `ExecRequest.recoverAs`. */
  readonly recoverAs?: string
  /** Told that it runs, and where, before anybody else is. */
  readonly onBegun?: (command: RunningCommand) => Promise<void>
}

/**
 * Looks whether a process can begin, and gives its environment.
 * @throws NoSuchUserError, WorkdirMissingError, WorkdirNotADirectoryError, CommandNotFoundError, CommandNotExecutableError
 */
export async function checkProcess(view: FileSystem, config: ContainerConfig, words: ProcessWords): Promise<ReadonlyMap<string, string>> {
  const { home } = await identify(view, words.user)
  const env = processEnv(config, words.env, home)
  enter(view, words.cwd)
  findCommand(view, words.argv[0] ?? '', env.get('PATH') ?? '', words.cwd)
  return env
}

/**
 * Runs one process in a container to its end and gives its exit code; 128 and the signal where that ended it.
 * @throws what `checkProcess` throws, ExecutorError
 */
export async function runProcess(session: Session, view: FileSystem, options: ProcessOptions): Promise<number> {
  const { record, context } = session
  const { config, settings = {} } = record
  const env = await checkProcess(view, config, options)
  const { image, tree } = await session.image()
  const { mounts } = await session.layout()
  const { overlay } = await session.upper()
  const { stdin, terminal, onOutput, onBegun, recoverAs, signal, control } = options
  const { network, ports, extraHosts, resources } = settings
  const executor = await executorOf(context, record)
  const abort = () => control.send(SIGKILL)
  let handed: Promise<void> | undefined
  try {
    if (signal?.aborted) throw new RunAbortedError({ cause: signal.reason })
    signal?.addEventListener('abort', abort, { once: true })
    if (executor.simulated) control.simulate()
    const { exitCode, release } = await executor.run({
      overlay,
      filesystem: view,
      mounts,
      readonlyRoot: record.readonlyRootfs,
      lower: { snapshot: tree, layers: image.unpacked },
      argv: options.argv,
      env,
      cwd: options.cwd,
      user: options.user,
      hostname: config.Hostname,
      ...(network ? { network } : {}),
      ...(ports ? { ports } : {}),
      ...(extraHosts ? { extraHosts } : {}),
      ...(resources ? { resources } : {}),
      ...(stdin ? { stdin } : {}),
      ...(terminal ? { terminal } : {}),
      ...(onOutput ? { onOutput } : {}),
      onStarted(command) {
        handed = onBegun?.(command)
        handed?.catch(() => undefined)
        control.begin(command, handed)
      },
      signal: control.signal,
      keepAborted: true,
      ...(recoverAs === undefined ? {} : { recoverAs }),
    })
    await handed
    if (release) await session.written(release)
    if (signal?.aborted) throw new RunAbortedError({ cause: signal.reason })
    return exitCode
  } catch (error) {
    if (isAborted(error) && control.killedBy !== undefined && !signal?.aborted) return 128 + control.killedBy
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
    control.end()
  }
}

export const isAborted = (error: unknown): boolean => codeOf(error) === 'RUN_ABORTED'

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** By the container's own account files, never the host's (S16, S17). */
export async function identify(view: FileSystem, user: string): ReturnType<typeof lookupUser> {
  try {
    return await lookupUser(view, user)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'RUN_UNKNOWN_USER' || code === 'RUN_INVALID_USER') throw new NoSuchUserError(user, (error as Error).message)
    throw error
  }
}

function enter(view: FileSystem, cwd: string): void {
  try {
    if (view.stat(cwd).type !== 'dir') throw new WorkdirNotADirectoryError(cwd)
  } catch (error) {
    if (isFsError(error, 'ENOTDIR')) throw new WorkdirNotADirectoryError(cwd)
    if (isFsError(error)) throw new WorkdirMissingError(cwd)
    throw error
  }
}

/**
 * What execvp(3) would start. A name with a slash is a path from the working directory; any other is looked for in PATH, where only
 * what can be executed counts.
 */
function findCommand(view: FileSystem, command: string, path: string, cwd: string): void {
  if (command === '') throw new CommandNotFoundError(command)
  if (command.includes('/')) {
    const file = command.startsWith('/') ? command : join(cwd, command)
    const problem = whyNotExecutable(view, file)
    if (problem === 'missing') throw new CommandNotFoundError(command)
    if (problem) throw new CommandNotExecutableError(command, problem)
    return
  }
  for (const folder of path.split(':')) {
    const file = join(folder === '' ? cwd : folder.startsWith('/') ? folder : join(cwd, folder), command)
    if (!whyNotExecutable(view, file)) return
  }
  throw new CommandNotFoundError(command)
}

function whyNotExecutable(view: FileSystem, file: string): string | undefined {
  try {
    const { type, mode } = view.stat(file)
    if (type === 'dir') return 'it is a directory'
    return (mode & 0o111) === 0 ? 'permission denied, no execute bit is set' : undefined
  } catch (error) {
    if (isFsError(error, 'ENOENT')) return 'missing'
    if (isFsError(error)) return error.message
    throw error
  }
}
