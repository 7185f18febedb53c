import type { Call } from './call.js'
import type { Result } from './result.js'
import { BrokenPipe } from './system/open-file.js'
import { Killed } from './system/task.js'

/** Runs a command of the pack to its status. */
export async function contained(call: Call, body: () => Result): Promise<number> {
  try {
    const status = (await call.guard(body)) ?? 0
    await call.flush()
    return status
  } catch (error) {
    if (error instanceof BrokenPipe) return 141
    if (error instanceof Killed) return 128 + error.signal
    throw error
  }
}
