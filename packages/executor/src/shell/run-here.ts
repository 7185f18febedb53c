import { CommandNotFoundError, ExecutorError, RunAbortedError, SimulationUnsupportedError } from '../errors.js'
import { defaultLimits } from '../limits.js'
import type { ExecResult } from '../types.js'
import { lookupUser } from '../users.js'
import { Descriptors } from './language/descriptors.js'
import { Parser } from './language/syntax.js'
import { launch } from './launch.js'
import type { ShellRequest } from './request.js'
import type { SimulatedShellOptions } from './simulated-shell.js'
import { fromName } from './system/bytes.js'
import { VirtualFiles } from './system/devices.js'
import { BytesInput, type OpenFile, Sink } from './system/open-file.js'
import { normalize } from './system/paths.js'
import type { Run } from './system/process.js'
import { ShellFs, sharedFs } from './system/shell-fs.js'
import { Killed, Scheduler, Task } from './system/task.js'

/** What a run in this thread is given beside the request. */
export interface HereOptions extends Omit<SimulatedShellOptions, 'worker'> {
  /** Whether something outside is being waited for, bytes from another thread: simulated time does not pass by itself meanwhile. */
  readonly waiting?: () => boolean
}

/** What of a request a run in this thread looks at. Output may ask for patience: a promise that the writer waits for. */
export interface HereRequest
  extends Pick<ShellRequest, 'filesystem' | 'argv' | 'env' | 'cwd' | 'user' | 'hostname' | 'stdin' | 'files' | 'onAccess' | 'signal'> {
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void> | undefined | void
}

const umaskOfContainers = 0o022

/** Runs a command in this thread. @throws ExecutorError */
export async function runHere(request: HereRequest, options: HereOptions): Promise<ExecResult> {
  const parser = await Parser.load()
  const identity = await lookupUser(request.filesystem, request.user ?? '')
  // Only now: an abort while something was awaited is not told to who begins to listen later.
  if (request.signal?.aborted) throw new RunAbortedError({ cause: request.signal.reason })
  const scheduler = new Scheduler({ ...defaultLimits, ...options.limits }, options.clock ?? Date.now, options.waiting)
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
