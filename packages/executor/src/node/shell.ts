/** Threads of Node for the simulated shell. This module starts them and nothing else; what runs in one touches nothing of the host. */
import { MessageChannel, type MessagePort, type ResourceLimits, Worker } from 'node:worker_threads'
import type { Executor } from '../index.js'
import { type SimulatedShellOptions, simulatedShell as shellWith } from '../shell/simulated-shell.js'
import type { ShellWorker } from '../shell/worker/messages.js'

/** What a thread is started with. */
export interface ShellWorkerData {
  readonly calls: MessagePort
  readonly answered: Int32Array
}

export interface NodeShellWorkerOptions {
  /** The module that a thread runs, where a bundler has put it elsewhere: it calls what `shell-worker.js` of this package does. */
  readonly file?: URL
  /** Memory of one thread, in MiB; by default Node's own. Above it a command fails with `RUN_WORKER_DIED`. */
  readonly memory?: ResourceLimits
}

/** A thread for the option `worker` of `simulatedShell`. */
export function nodeShellWorker({ file = ownFile, memory }: NodeShellWorkerOptions = {}): ShellWorker {
  const { port1: calls, port2 } = new MessageChannel()
  // Counts the answers; the thread sleeps on it.
  const answered = new Int32Array(new SharedArrayBuffer(4))
  const workerData: ShellWorkerData = { calls: port2, answered }
  const worker = new Worker(file, { workerData, transferList: [port2], ...(memory ? { resourceLimits: memory } : {}) })
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    addEventListener(type, listener) {
      const tell = (event: object) => listener(Object.assign(new Event(type), event))
      if (type === 'error') {
        worker.on('error', (error) => tell({ message: error.message, error }))
        worker.on('exit', (status) => tell({ message: `its thread ended with status ${status}` }))
      } else worker.on(type, (data) => tell({ data }))
    },
    answer(answer) {
      calls.on('message', (call) => {
        calls.postMessage(answer(call))
        Atomics.add(answered, 0, 1)
        Atomics.notify(answered, 0)
      })
      // The worker keeps the program alive, or not.
      calls.unref()
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
