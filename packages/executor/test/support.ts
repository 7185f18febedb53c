/** What tests of the real sandbox need of the machine. */
import type { BackendName } from '@layerwright/executor/linux'
import { leaveOut, requireTool } from '../../../test/support/tools.js'

/** Whether a real sandbox can be tried here; says why it is left out. */
export function sandboxed(backend: BackendName): boolean {
  if (process.platform !== 'linux') return leaveOut(`tests with ${backend}`, 'this is no Linux') ?? false
  if (process.getuid?.() !== 0) return leaveOut(`tests with ${backend}`, 'this is not root') ?? false
  return requireTool(backend) !== undefined
}
