import { checkExecOptions } from '../check-options.js'
import { processEnv } from '../config.js'
import type { EngineContext } from '../context.js'
import { ContainerNotRunningError, WorkdirNotAbsoluteError } from '../errors.js'
import { clean } from '../paths.js'
import type { ContainerRecord } from '../state/types.js'
import { ProcessControl } from './control.js'
import { joinMain, sessionBeside } from './look.js'
import { type Attachment, identify, type ProcessWords, runProcess } from './process.js'
import { hasMain } from './runs.js'
import { processError } from './supervise.js'
import { presentRecord, withContainer } from './transaction.js'

export interface ExecOptions extends Attachment {
  readonly argv: readonly string[]
  /** The container's user where it is absent. */
  readonly user?: string
  /** Absolute; the container's working directory where it is absent. */
  readonly workdir?: string
  /** `NAME=value`, over the container's variables, for this process only. */
  readonly env?: readonly string[]
}

/**
 * Runs a command in a running container and gives its exit code: beside its main process; in a held container alone.
 * @throws OptionsInvalidError, ContainerNotRunningError, WorkdirNotAbsoluteError, WorkdirMissingError, CommandNotFoundError, CommandNotExecutableError, NoSuchUserError,
 * RunningStateUnavailableError where the executor runs one process at a time
 */
export async function execInContainer(context: EngineContext, reference: string, options: ExecOptions): Promise<number> {
  checkExecOptions(options)
  const record = await presentRecord(context, reference)
  if (hasMain(record)) return execBeside(context, record, options)
  return withContainer(
    context,
    reference,
    async (session) => {
      if (!session.running) throw new ContainerNotRunningError(session.record.name)
      const control = new ProcessControl()
      options.onProcess?.(control)
      return runProcess(session, await session.view(), { ...options, ...wordsOf(session.record, options), control })
    },
    { signal: options.signal },
  )
}

/** @throws WorkdirNotAbsoluteError */
function wordsOf({ config }: ContainerRecord, options: ExecOptions): ProcessWords {
  if (options.workdir && !options.workdir.startsWith('/')) throw new WorkdirNotAbsoluteError(options.workdir)
  return {
    argv: options.argv,
    cwd: clean(options.workdir || config.WorkingDir || '/'),
    user: options.user || config.User || '',
    env: options.env ?? [],
  }
}

async function execBeside(context: EngineContext, record: ContainerRecord, options: ExecOptions): Promise<number> {
  const { argv, cwd, user, env } = wordsOf(record, options)
  const sandbox = await joinMain(context, record)
  const session = await sessionBeside(context, record, sandbox)
  const control = new ProcessControl()
  options.onProcess?.(control)
  const { stdin, terminal, onOutput, signal } = options
  try {
    // The account files that are there now: the container may have made its users itself.
    const identity = await identify((await session.upper()).overlay, user)
    const { exitCode } = await sandbox.run({
      argv,
      env: processEnv(record.config, env, identity.home),
      cwd,
      identity,
      ...(stdin ? { stdin } : {}),
      ...(terminal ? { terminal } : {}),
      ...(onOutput ? { onOutput } : {}),
      onStarted: (command) => control.begin(command),
      signal: signal ? AbortSignal.any([signal, control.signal]) : control.signal,
    })
    return exitCode
  } catch (error) {
    throw processError(error, argv[0] ?? '', cwd)
  } finally {
    control.end()
    session.discard()
  }
}
