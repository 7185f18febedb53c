/** What a thread of the simulated shell runs. */
import { parentPort } from 'node:worker_threads'
import { serveShell } from '../shell/worker/serve.js'

const port = parentPort
if (port) {
  serveShell({
    postMessage: (message, transfer) => port.postMessage(message, transfer as ArrayBuffer[]),
    addEventListener: (type, listener) => void port.on(type, (data: unknown) => listener({ data } as MessageEvent)),
  })
}
