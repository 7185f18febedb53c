import type { EngineContext } from '../context.js'
import { NoSuchContainerError } from '../errors.js'
import { LogReader } from '../state/logs.js'
import type { LogEntry } from '../state/types.js'
import { presentRecord } from './transaction.js'

/** Milliseconds between two looks for more. */
const POLL = 100

/** What a container's main process put out, and what it goes on to put out until it ends. @throws NoSuchContainerError */
export async function* followLog(context: EngineContext, reference: string, signal?: AbortSignal): AsyncGenerator<LogEntry> {
  const { id } = await presentRecord(context, reference)
  const reader = new LogReader(context.store, id)
  for (;;) {
    // Asked first: what it wrote before it ended is in the log by then.
    const runs = await isRunning(context, id)
    for (const entry of await reader.more()) yield entry
    if (!runs || signal?.aborted) return
    await new Promise((resolve) => setTimeout(resolve, POLL))
  }
}

/** One that removed itself does not run. */
async function isRunning(context: EngineContext, id: string): Promise<boolean> {
  try {
    return (await presentRecord(context, id)).state.status === 'running'
  } catch (error) {
    if (error instanceof NoSuchContainerError) return false
    throw error
  }
}
