export { commandNames } from './commands/index.js'
export { type SimulatedShellOptions, simulatedShell } from './simulated-shell.js'
export { commandPackVersion } from './version.js'
export type { ShellWorker } from './worker/messages.js'
