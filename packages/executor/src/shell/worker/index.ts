export type { ShellScope, ShellWorker } from './messages.js'
export { serveShell } from './serve.js'
