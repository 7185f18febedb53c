import { checkStartOptions } from '../check-options.js'
import type { EngineContext } from '../context.js'
import { ContainerNotRunningError, NoSuchContainerError } from '../errors.js'
import type { ContainerRecord } from '../state/types.js'
import { endOwner, hasMain, signalMain } from './runs.js'
import { SIGKILL, signalNumber } from './signals.js'
import { type StartOptions, type StartResult, startContainer, startHeld } from './start.js'
import { finish } from './supervise.js'
import { KILLED, presentRecord, withContainer } from './transaction.js'

export interface StopOptions {
  /** Seconds until it is killed; default what the container was made with, else 10. Negative: never. */
  readonly timeout?: number
  /** Default what the container was made with, else SIGTERM. */
  readonly signal?: string
}

const DEFAULT_TIMEOUT = 10

/**
 * Asks the main process to end, kills it when it does not, and waits for it. One that does not run stays as it is.
 * @throws NoSuchContainerError, InvalidSignalError
 */
export async function stopContainer(context: EngineContext, reference: string, options: StopOptions = {}): Promise<void> {
  const record = await presentRecord(context, reference)
  if (!hasMain(record)) return endHeld(context, record.id)
  const { config, settings = {} } = record
  await signalMain(context, record, signalNumber(options.signal ?? config.StopSignal ?? 'SIGTERM'))
  const seconds = options.timeout ?? settings.stopTimeout ?? DEFAULT_TIMEOUT
  if (!(await ended(context, record, seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1000))) await killMain(context, record)
}

/** Nothing is there to react to a gentle signal: a held container ends as one that had to be killed. */
const endHeld = (context: EngineContext, id: string): Promise<void> =>
  withContainer(context, id, async (session) => {
    if (session.running && session.record.hold) await finish(session, KILLED)
  })

/** Milliseconds that whoever runs a main process has to kill it, before it is killed itself. */
const PATIENCE = 10_000

/** Kills the main process and waits until it has ended. */
export async function killMain(context: EngineContext, record: ContainerRecord): Promise<void> {
  await signalMain(context, record, SIGKILL)
  if (await ended(context, record, PATIENCE)) return
  endOwner(context, record)
  await ended(context, record, Number.POSITIVE_INFINITY)
}

/** Waits until this run of the container is over; whether it is. */
async function ended(context: EngineContext, { id, state: { run } }: ContainerRecord, milliseconds: number): Promise<boolean> {
  let waited = 0
  for (let pause = SHORT; ; pause = Math.min(2 * pause, POLL)) {
    try {
      const { state } = await presentRecord(context, id)
      if (state.status !== 'running' || state.run !== run) return true
    } catch (error) {
      // It removed itself.
      if (error instanceof NoSuchContainerError) return true
      throw error
    }
    if (waited >= milliseconds) return false
    await new Promise((resolve) => setTimeout(resolve, pause))
    waited += pause
  }
}

/**
 * Sends a signal to the main process. A held container has none: only SIGKILL ends it; every other signal is one that its first process
 * would ignore for want of a handler.
 * @throws ContainerNotRunningError, InvalidSignalError
 */
export async function killContainer(context: EngineContext, reference: string, signal = 'SIGKILL'): Promise<void> {
  const number = signalNumber(signal)
  const record = await presentRecord(context, reference)
  if (record.state.status !== 'running') throw new ContainerNotRunningError(record.name)
  if (number === SIGKILL) return hasMain(record) ? killMain(context, record) : endHeld(context, record.id)
  if (hasMain(record)) await signalMain(context, record, number)
}

/** Stops and starts again: binds are opened anew, tmpfs begin empty. */
export async function restartContainer(
  context: EngineContext,
  reference: string,
  { stop, ...options }: StartOptions & { readonly stop?: StopOptions } = {},
): Promise<StartResult> {
  checkStartOptions(options)
  const { id, hold, autoRemove } = await presentRecord(context, reference)
  if (hold) {
    await withContainer(context, id, async (session) => {
      if (session.running) {
        session.update({ autoRemove: false })
        await finish(session, KILLED)
        session.update({ autoRemove })
      }
      await startHeld(session)
    })
    return { exitCode: undefined }
  }
  // Not removed, though it stops: it goes on.
  if (autoRemove) await withContainer(context, id, async (session) => session.update({ autoRemove: false }))
  try {
    await stopContainer(context, id, stop)
  } finally {
    if (autoRemove) await withContainer(context, id, async (session) => session.update({ autoRemove }))
  }
  return startContainer(context, id, options)
}

/** Milliseconds between two looks at a container that another process may stop. */
const POLL = 200
const SHORT = 10

/** Waits until the container does not run, and gives its exit code. */
export async function waitForContainer(context: EngineContext, reference: string, signal?: AbortSignal): Promise<number> {
  const { id } = await presentRecord(context, reference)
  for (let pause = SHORT; ; pause = Math.min(2 * pause, POLL)) {
    signal?.throwIfAborted()
    const { state } = await presentRecord(context, id)
    if (state.status !== 'running') return state.exitCode
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
