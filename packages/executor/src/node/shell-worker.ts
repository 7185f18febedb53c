/** What a thread of the simulated shell runs. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { serveShell } from '../shell/worker/serve.js'
import type { ShellWorkerData } from './shell.js'

const port = parentPort
if (port) {
  const { calls, answered } = workerData as ShellWorkerData
  serveShell({
    postMessage: (message, transfer) => port.postMessage(message, transfer as ArrayBuffer[]),
    addEventListener: (type, listener) => void port.on(type, (data: unknown) => listener({ data } as MessageEvent)),
    call(call) {
      const before = Atomics.load(answered, 0)
      calls.postMessage(call)
      // The host counts first and wakes then: what wakes this may still be meant for the call before.
      while (Atomics.load(answered, 0) === before) Atomics.wait(answered, 0, before)
      return receiveMessageOnPort(calls)!.message
    },
  })
}
