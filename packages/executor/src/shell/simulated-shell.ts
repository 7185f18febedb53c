import { CommandNotFoundError, ExecutorError, RunAbortedError, SimulationUnsupportedError } from '../errors.js'
import { defaultLimits, type ExecutorLimits } from '../limits.js'
import { refuseOptions } from '../run-options.js'
import type { ExecRequest, ExecResult, Executor } from '../types.js'
import { lookupUser } from '../users.js'
import { Descriptors } from './language/descriptors.js'
import { Parser } from './language/syntax.js'
import { launch } from './launch.js'
import { fromName } from './system/bytes.js'
import { VirtualFiles } from './system/devices.js'
import { BytesInput, type OpenFile, Sink } from './system/open-file.js'
import { normalize } from './system/paths.js'
import type { Run } from './system/process.js'
import { ShellFs, sharedFs } from './system/shell-fs.js'
import { Killed, Scheduler, Task } from './system/task.js'
import { commandPackVersion } from './version.js'

export interface SimulatedShellOptions {
  readonly limits?: Partial<ExecutorLimits>
  /** Milliseconds since 1970; default the system's clock. */
  readonly clock?: () => number
  /**
   * Commands of the pack (and sh, bash) exist although the tree has no file for them: for trying lines outside an image. By
   * default a command exists where the tree has it, as in a container.
   */
  readonly everyCommand?: boolean
  /** Told of every program that a script starts, before it runs; not of what the shell does itself. */
  readonly onProgram?: (argv: readonly string[]) => void
}

/**
 * An executor that simulates a POSIX shell and its usual commands over the virtual filesystem: no process, no kernel. What it
 * cannot do honestly (binaries, package managers) ends the run with `SIMULATION_UNSUPPORTED`. Needs the package `just-bash`.
 */
export function simulatedShell(options: SimulatedShellOptions = {}): Executor {
  return {
    class: `shell/${commandPackVersion}`,
    simulated: true,
    traces: true,
    run: (request) => run(request, options),
  }
}

const umaskOfContainers = 0o022

async function run(request: ExecRequest, options: SimulatedShellOptions): Promise<ExecResult> {
  if (request.signal?.aborted) throw new RunAbortedError({ cause: request.signal.reason })
  refuseOptions(request, [], 'the simulated shell has no kernel for it; use a real sandbox, --executor linux')
  const parser = await Parser.load()
  const identity = await lookupUser(request.filesystem, request.user ?? '')
  const scheduler = new Scheduler({ ...defaultLimits, ...options.limits }, options.clock ?? Date.now)
  const task = new Task(scheduler)
  const abort = () => task.fail(new RunAbortedError({ cause: request.signal?.reason }))
  request.signal?.addEventListener('abort', abort, { once: true })
  const virtual = new VirtualFiles(request.files ?? [])
  const shared = sharedFs(request.filesystem, virtual, () => scheduler.now(), request.onAccess)
  const fs = new ShellFs(shared, identity, umaskOfContainers)
  const fds = new Descriptors(
    new Map<number, OpenFile>([
      [0, request.stdin ? new BytesInput(request.stdin, 'stdin') : fs.open('/dev/null')],
      [1, new Sink('stdout', (bytes) => request.onOutput?.('stdout', bytes.slice()))],
      [2, new Sink('stderr', (bytes) => request.onOutput?.('stderr', bytes.slice()))],
    ]),
  )
  const state: Run = {
    parser,
    scheduler,
    hostname: request.hostname ?? 'localhost',
    identity,
    everyCommand: options.everyCommand ?? false,
    onProgram: options.onProgram,
    nextPid: 2,
    jobs: new Map(),
  }
  const env = new Map([...request.env].map(([name, value]) => [fromName(name), fromName(value)]))
  if (!env.has('HOME')) env.set('HOME', identity.home)
  const cwd = normalize(fromName(request.cwd))
  const argv = request.argv.map(fromName)
  try {
    const path = env.get('PATH') ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    const outcome = await launch(
      { run: state, task, fs, fds, argv, env, cwd, pid: 1, depth: 0, line: undefined },
      { path, asScript: false },
    )
    task.check()
    if (typeof outcome === 'number') return { exitCode: outcome & 255 }
    if (outcome.failed === 'missing') throw new CommandNotFoundError(request.argv[0] ?? '')
    throw startFailure(request.argv[0] ?? '', outcome.failed)
  } catch (error) {
    // Whatever a script made of a refusal or of an abort: the run as a whole ends with it.
    if (!(error instanceof ExecutorError)) task.check()
    if (error instanceof Killed) return { exitCode: 128 + error.signal }
    throw error
  } finally {
    request.signal?.removeEventListener('abort', abort)
    await endJobs(state)
    shared.writeback.settle()
    fds.close()
  }
}

/** The first process has ended: those in the background end with it, as in a container. */
async function endJobs(state: Run): Promise<void> {
  for (const job of state.jobs.values()) {
    if (job.status === undefined) job.task.stop(new Killed(9))
  }
  await Promise.allSettled([...state.jobs.values()].map((job) => job.ended))
}

function startFailure(command: string, failed: string): ExecutorError {
  if (failed === 'format') return new SimulationUnsupportedError(command, 'exec format error: it is neither a program nor a script with #!')
  const reason = failed === 'directory' ? 'is a directory' : failed === 'interpreter' ? 'no such file or directory' : 'permission denied'
  return new ExecutorError('RUN_COMMAND_DENIED', `exec: "${command}": ${reason}`)
}
