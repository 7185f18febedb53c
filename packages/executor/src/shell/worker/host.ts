/** A command of the simulated shell, run in a worker. */
import { RunAbortedError } from '../../errors.js'
import type { ExecResult } from '../../types.js'
import type { ShellRequest } from '../request.js'
import type { SimulatedShellOptions } from '../simulated-shell.js'
import type { WorkerPool } from './pool.js'
import { describeView } from './view.js'

/**
 * Runs a command in a worker of the pool. `undefined` where it cannot be: the filesystem is somebody's own, or a folder of the host is mounted
 * and the workers are such that cannot wait for what the host says of it.
 * @throws ExecutorError
 */
export async function runInWorker(
  pool: WorkerPool,
  request: ShellRequest,
  options: SimulatedShellOptions,
): Promise<ExecResult | undefined> {
  if (request.signal?.aborted) throw new RunAbortedError({ cause: request.signal.reason })
  const view = describeView(request.filesystem)
  return view && pool.use(async (session) => (session.canShow(view) ? session.run(view, request, options) : undefined))
}
