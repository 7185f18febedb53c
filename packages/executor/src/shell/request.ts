import type { ExecRequest } from '../types.js'

/** A request as the simulated shell takes it: its input is there before it begins. */
export interface ShellRequest extends Omit<ExecRequest, 'stdin'> {
  readonly stdin?: Uint8Array
}
