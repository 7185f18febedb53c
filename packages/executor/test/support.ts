/** What tests need of the machine. */
import { existsSync } from 'node:fs'
import type { ResourceLimits } from 'node:worker_threads'
import type { Executor } from '@layerwright/executor'
import type { BackendName } from '@layerwright/executor/linux'
import { nodeShellWorker, simulatedShell } from '@layerwright/executor/node'
import type { SimulatedShellOptions } from '@layerwright/executor/shell'
import { leaveOut, requireTool } from '../../../test/support/tools.js'

/** Whether a real sandbox can be tried here; says why it is left out. */
export function sandboxed(backend: BackendName): boolean {
  if (process.platform !== 'linux') return leaveOut(`tests with ${backend}`, 'this is no Linux') ?? false
  if (process.getuid?.() !== 0) return leaveOut(`tests with ${backend}`, 'this is not root') ?? false
  return requireTool(backend) !== undefined
}

/** Whether a sandbox can have a network of its own here; says why that is left out. A device is nothing that a tool list could bring. */
export function networked(): boolean {
  const found = ['pasta', 'slirp4netns'].every((name) => requireTool(name) !== undefined)
  if (found && !existsSync('/dev/net/tun')) console.warn('left out: tests with a network of its own (there is no /dev/net/tun)')
  return found && existsSync('/dev/net/tun')
}

/** The simulated shell in threads. Their module is compiled, so these tests need a finished build. */
export function threadedShell(options: SimulatedShellOptions = {}, memory?: ResourceLimits): Executor {
  const file = new URL('../dist/node/shell-worker.js', import.meta.url)
  if (!existsSync(file)) throw new Error('build first: npm run build')
  return simulatedShell({ worker: () => nodeShellWorker({ file, ...(memory ? { memory } : {}) }), ...options })
}
