import { wholeInput } from '../input.js'
import type { ExecutorLimits } from '../limits.js'
import { refuseOptions } from '../run-options.js'
import type { Executor } from '../types.js'
import type { ShellRequest } from './request.js'
import { shellClass } from './version.js'
import { runInWorker } from './worker/host.js'
import type { ShellWorker } from './worker/messages.js'
import { WorkerPool } from './worker/pool.js'

export interface SimulatedShellOptions {
  readonly limits?: Partial<ExecutorLimits>
  /** Milliseconds since 1970; default the system's clock. A worker reads it once, when a command starts. */
  readonly clock?: () => number
  /**
   * Commands of the pack (and sh, bash) exist although the tree has no file for them: for trying lines outside an image. By
   * default a command exists where the tree has it, as in a container.
   */
  readonly everyCommand?: boolean
  /** Told of every program that a script starts, before it runs (in a worker: soon after); not of what the shell does itself. */
  readonly onProgram?: (argv: readonly string[]) => void
  /**
   * Makes a worker that calls `serveShell`: commands run there, so that an abort ends any of them at once, and this thread stays free. By
   * default they run in this thread and an abort waits for their next step. `simulatedShell` of `@layerwright/executor/node` brings one.
   */
  readonly worker?: (() => ShellWorker) | undefined
}

/**
 * An executor that simulates a POSIX shell and its usual commands over the virtual filesystem: no process, no kernel. What it
 * cannot do honestly (binaries, package managers) ends the run with `SIMULATION_UNSUPPORTED`. Needs the package `just-bash`.
 */
export function simulatedShell(options: SimulatedShellOptions = {}): Executor {
  const { worker } = options
  const pool = worker && new WorkerPool(worker)
  return {
    class: shellClass,
    simulated: true,
    traces: true,
    async run(given) {
      const { stdin, ...rest } = given
      const request: ShellRequest = stdin ? { ...rest, stdin: await wholeInput(stdin) } : rest
      refuseOptions(request, [], 'the simulated shell has no kernel for it; use a real sandbox, --executor linux')
      if (pool) {
        const ran = await runInWorker(pool, request, options)
        if (ran) return ran
      }
      return here(request, options)
    },
  }
}

// Loaded where it is used: a thread that has workers never needs it.
let loaded: Promise<typeof import('./run-here.js')> | undefined

async function here(request: ShellRequest, options: SimulatedShellOptions) {
  loaded ??= import('./run-here.js')
  return (await loaded).runHere(request, options)
}
