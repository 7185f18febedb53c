import { ExecutorUnavailableError } from '../errors.js'
import { linuxClass } from '../linux-class.js'
import type { Executor } from '../types.js'
import type { BackendName } from './backends.js'
import { defaultFolder, detectLinux, findBackends } from './detect.js'
import { joinSandbox } from './join.js'
import { Keepers } from './keepers.js'
import { LayerFolders } from './layers.js'
import { recoverRun } from './recover.js'
import { runInSandbox, type Sandbox } from './run.js'
import { sweep } from './run-folder.js'
import { sharedTrees } from './shared.js'
import { straceProblem } from './trace/strace.js'
import { findWrapperPrograms } from './wrapper.js'

export interface LinuxExecutorOptions {
  /** The runtime; by default the first that is there: runc, crun, bwrap. */
  readonly backend?: BackendName
  /**
   * Where layers are extracted and commands run: on a filesystem that can be the upper one of an overlay (not one itself). Processes share
   * it. Default: the user's cache folder.
   */
  readonly folder?: string
}

/**
 * An executor that runs commands in a container of a Linux kernel: lower layers as they are in the store, mounted with overlayfs, and an OCI
 * runtime. What is needed is looked for at the first command.
 * @throws ExecutorUnavailableError, on running, with everything that is missing
 */
export function linuxExecutor(options: LinuxExecutorOptions = {}): Executor {
  let sandbox: Promise<Sandbox> | undefined
  const prepared = (): Promise<Sandbox> => {
    sandbox ??= prepare(options)
    sandbox.catch(() => {
      sandbox = undefined
    })
    return sandbox
  }
  return {
    class: linuxClass,
    simulated: false,
    get traces() {
      return straceProblem() === undefined
    },
    get untraced() {
      return straceProblem()
    },
    run: async (request) => runInSandbox(await prepared(), request),
    join: async (handle) => joinSandbox(await prepared(), handle),
    recover: async (name, request) => recoverRun(await prepared(), name, request),
    shared: async () => sharedTrees(await prepared()),
  }
}

async function prepare({ backend, folder = defaultFolder() }: LinuxExecutorOptions): Promise<Sandbox> {
  const { available, problems, ids, volatile } = await detectLinux(folder)
  if (!available) {
    throw new ExecutorUnavailableError(
      `no real sandbox here: ${problems.map(({ what, remedy }) => `${what}: ${remedy}`).join('; ')}. Or use --executor shell.`,
    )
  }
  const found = findBackends().filter((each) => backend === undefined || each.backend.name === backend)
  if (found.length === 0)
    throw new ExecutorUnavailableError(`the runtime ${backend} is not installed: install it, or let another be chosen`)
  sweep(folder, ids)
  const programs = findWrapperPrograms()
  const [layers, keepers] = [new LayerFolders(folder, { ids }), new Keepers(folder, { ids, programs })]
  return { folder, ids, volatile, programs, backends: found, layers, keepers }
}
