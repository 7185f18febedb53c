import { RegistryError } from '../errors.js'
import type { Settings } from '../settings.js'

/** Waits before the next try: doubled each time, spread at random so that many clients do not come back together, longer where the registry says so. */
export async function pause(settings: Settings, attempt: number, failure: RegistryError): Promise<void> {
  const { backoffMs, backoffMostMs } = settings.limits
  const own = backoffMs * 2 ** (attempt - 1) * (1 - settings.random() / 2)
  const waitMs = Math.round(Math.min(Math.max(own, failure.retryAfterMs ?? 0), backoffMostMs))
  settings.emit({ type: 'retry', subject: failure.subject, reason: failure.message, attempt, waitMs })
  await settings.sleep(waitMs, settings.signal)
}

/** Does `work`, again where it failed for a moment's reason. Errors that are no RegistryError pass through. */
export async function retrying<T>(settings: Settings, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    settings.signal?.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      settings.signal?.throwIfAborted()
      if (!(error instanceof RegistryError) || !error.transient || attempt >= settings.limits.attempts) throw error
      await pause(settings, attempt, error)
    }
  }
}
