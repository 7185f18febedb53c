import type { EngineContext } from '../context.js'
import { ContainerNotRunningError, WorkdirNotAbsoluteError } from '../errors.js'
import { clean } from '../paths.js'
import { type Attachment, runProcess } from './process.js'
import { withContainer } from './transaction.js'

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
 * Runs a command in a running container and gives its exit code.
 * @throws ContainerNotRunningError, WorkdirNotAbsoluteError, WorkdirMissingError, CommandNotFoundError, CommandNotExecutableError, NoSuchUserError
 */
export const execInContainer = (context: EngineContext, reference: string, options: ExecOptions): Promise<number> =>
  withContainer(
    context,
    reference,
    async (session) => {
      const { config, name } = session.record
      if (!session.running) throw new ContainerNotRunningError(name)
      if (options.workdir && !options.workdir.startsWith('/')) throw new WorkdirNotAbsoluteError(options.workdir)
      return runProcess(session, await session.view(), {
        ...options,
        cwd: clean(options.workdir || config.WorkingDir || '/'),
        user: options.user || config.User || '',
        env: options.env ?? [],
      })
    },
    { signal: options.signal },
  )
