import { type Executor, lookupUser } from '@layerwright/executor'
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
import type { Session } from './session.js'

/** How a process is attached. */
export interface Attachment {
  readonly stdin?: Uint8Array
  /** Called for each piece of output, as soon as there is one. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
  readonly signal?: AbortSignal
}

export interface ProcessOptions extends Attachment {
  readonly argv: readonly string[]
  /** Absolute. */
  readonly cwd: string
  readonly user: string
  /** `NAME=value` over the container's own. */
  readonly env: readonly string[]
}

/**
 * Runs one process in a container to its end and gives its exit code.
 * @throws NoSuchUserError, WorkdirMissingError, WorkdirNotADirectoryError, CommandNotFoundError, CommandNotExecutableError, ExecutorError
 */
export async function runProcess(session: Session, view: FileSystem, options: ProcessOptions): Promise<number> {
  const { home } = await identify(view, options.user)
  const { config } = session.record
  const env = processEnv(config, options.env, home)
  enter(view, options.cwd)
  findCommand(view, options.argv[0] ?? '', env.get('PATH') ?? '', options.cwd)
  const { image, tree } = await session.image()
  const { mounts } = await session.layout()
  const { overlay } = await session.upper()
  const { stdin, onOutput, signal } = options
  const executor: Executor = await session.context.executor()
  const { exitCode, release } = await executor.run({
    overlay,
    filesystem: view,
    mounts,
    readonlyRoot: session.record.readonlyRootfs,
    lower: { snapshot: tree, layers: image.unpacked },
    argv: options.argv,
    env,
    cwd: options.cwd,
    user: options.user,
    hostname: config.Hostname,
    ...(stdin ? { stdin } : {}),
    ...(onOutput ? { onOutput } : {}),
    ...(signal ? { signal, keepAborted: true } : {}),
  })
  if (release) await session.written(release)
  return exitCode
}

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
