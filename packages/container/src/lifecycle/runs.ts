import type { EngineContext } from '../context.js'
import { leaveSignal } from '../state/signals.js'
import type { ContainerRecord } from '../state/types.js'
import type { ProcessControl } from './control.js'

/** The main processes that are run here, by any engine, by owner. */
const runs = new Map<string, ProcessControl>()

/** Names a run: who runs it, and which of its runs. */
export const newOwner = ({ supervision }: EngineContext): string => `${supervision.mark} ${crypto.randomUUID()}`

export const addRun = (owner: string, control: ProcessControl): void => void runs.set(owner, control)
export const removeRun = (owner: string): void => void runs.delete(owner)

/** A start of a container, as no other one is named. */
export const nameOfRun = (container: string, run: number): string => `${container} ${run}`

const markOf = (owner: string): string => owner.slice(0, owner.lastIndexOf(' '))

function lives({ supervision }: EngineContext, owner: string | undefined): boolean {
  if (owner === undefined) return false
  if (runs.has(owner)) return true
  // What this process runs is among its runs.
  return markOf(owner) !== supervision.mark && supervision.lives(markOf(owner))
}

/** Whether its main process runs, as far as its record says. */
export const hasMain = ({ hold, state }: ContainerRecord): boolean => state.status === 'running' && !hold

/** Whether it says that its main process runs, and nobody runs it: whoever did has died. */
export const isOrphan = (context: EngineContext, record: ContainerRecord): boolean => hasMain(record) && !lives(context, record.state.owner)

/** Sends a signal to the main process, here or wherever it is run. */
export async function signalMain({ store }: EngineContext, { id, state }: ContainerRecord, signal: number): Promise<void> {
  const here = runs.get(state.owner ?? '')
  if (here) here.send(signal)
  else await leaveSignal(store, id, state.run, signal)
}

/** Ends who runs it, and its processes with it: for one that answers no signals. */
export function endOwner({ supervision }: EngineContext, { state }: ContainerRecord): void {
  if (state.owner !== undefined && !runs.has(state.owner)) supervision.end?.(markOf(state.owner))
}
