/** Threads of Node for the simulated shell. This module starts them and nothing else; what runs in one touches nothing of the host. */
import { type ResourceLimits, Worker } from 'node:worker_threads'
import type { Executor } from '../index.js'
import { type SimulatedShellOptions, simulatedShell as shellWith } from '../shell/simulated-shell.js'
import type { ShellWorker } from '../shell/worker/messages.js'

export interface NodeShellWorkerOptions {
  /** The module that a thread runs, where a bundler has put it elsewhere: it calls what `shell-worker.js` of this package does. */
  readonly file?: URL
  /** Memory of one thread, in MiB; by default Node's own. Above it a command fails with `RUN_WORKER_DIED`. */
  readonly memory?: ResourceLimits
}

/** A thread for the option `worker` of `simulatedShell`. */
export function nodeShellWorker({ file = ownFile, memory }: NodeShellWorkerOptions = {}): ShellWorker {
  const worker = new Worker(file, { stdin: false, ...(memory ? { resourceLimits: memory } : {}) })
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    addEventListener(type, listener) {
      const tell = (event: object) => listener(Object.assign(new Event(type), event))
      if (type === 'error') {
        worker.on('error', (error) => tell({ message: error.message, error }))
        worker.on('exit', (status) => tell({ message: `its thread ended with status ${status}` }))
      } else worker.on(type, (data) => tell({ data }))
    },
    terminate: () => worker.terminate(),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
  }
}

/** A bundler that moves this module has to put the other beside it. */
const ownFile = new URL('./shell-worker.js', import.meta.url)

/** As `simulatedShell` of `@layerwright/executor/shell`, with threads: an abort ends every command at once. */
export const simulatedShell = (options: SimulatedShellOptions = {}): Executor => shellWith({ worker: nodeShellWorker, ...options })
