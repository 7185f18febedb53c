import type { EngineContext } from '../context.js'
import { ContainerNotRunningError, NoSuchContainerError } from '../errors.js'
import { findContainer } from '../state/find.js'
import { readContainer } from '../state/records.js'
import type { Attachment } from './process.js'
import { SIGKILL, signalNumber } from './signals.js'
import { finish, KILLED, type StartResult, startSession } from './start.js'
import { withContainer } from './transaction.js'

/** Ends a held container; one that does not run stays as it is. */
export const stopContainer = (context: EngineContext, reference: string): Promise<void> =>
  withContainer(context, reference, async (session) => {
    // Nothing is there to react to a gentle signal: it ends as one that had to be killed.
    if (session.running) await finish(session, KILLED)
  })

/**
 * Sends a signal to the main process. A held container has none: only SIGKILL ends it; every other signal is one that its first process
 * would ignore for want of a handler.
 * @throws ContainerNotRunningError, InvalidSignalError
 */
export const killContainer = async (context: EngineContext, reference: string, signal = 'SIGKILL'): Promise<void> => {
  const number = signalNumber(signal)
  await withContainer(context, reference, async (session) => {
    if (!session.running) throw new ContainerNotRunningError(session.record.name)
    if (number === SIGKILL) await finish(session, KILLED)
  })
}

/** Stops and starts again: binds are opened anew, tmpfs begin empty. */
export const restartContainer = (context: EngineContext, reference: string, attachment: Attachment = {}): Promise<StartResult> =>
  withContainer(
    context,
    reference,
    async (session) => {
      if (session.running) {
        // Not removed, though it stops: it goes on.
        const { autoRemove } = session.record
        session.update({ autoRemove: false })
        await finish(session, KILLED)
        session.update({ autoRemove })
      }
      return startSession(session, attachment)
    },
    { signal: attachment.signal },
  )

/** Milliseconds between two looks at a container that another process may stop. */
const POLL = 200

/** Waits until the container does not run, and gives its exit code. */
export async function waitForContainer(context: EngineContext, reference: string, signal?: AbortSignal): Promise<number> {
  const id = await findContainer(context, reference)
  for (;;) {
    signal?.throwIfAborted()
    const record = await readContainer(context.store, id)
    if (!record) throw new NoSuchContainerError(reference)
    if (record.state.status !== 'running') return record.state.exitCode
    await new Promise((resolve) => setTimeout(resolve, POLL))
  }
}
