export { type NodeShellWorkerOptions, nodeShellWorker, simulatedShell } from './shell.js'
