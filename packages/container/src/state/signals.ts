import type { ContainerStore } from '../context.js'
import { signalLock, withLocks } from './locks.js'

/** Signals for a container that another process runs: it looks here. */
const KIND = 'container-signals'

interface Mail {
  readonly run: number
  readonly signals: readonly number[]
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

async function read(store: ContainerStore, id: string): Promise<Mail | undefined> {
  const bytes = await store.record(KIND, id)
  return bytes && (JSON.parse(decoder.decode(bytes)) as Mail)
}

/** Leaves a signal for whoever runs this start of the container. */
export const leaveSignal = (store: ContainerStore, id: string, run: number, signal: number): Promise<void> =>
  withLocks(store, [signalLock(id)], async () => {
    const mail = await read(store, id)
    const earlier = mail?.run === run ? mail.signals : []
    await store.putRecord(KIND, id, encoder.encode(JSON.stringify({ run, signals: [...earlier, signal] })))
  })

/** Takes what was left. Costs one look where nothing was. */
export async function takeSignals(store: ContainerStore, id: string, run: number): Promise<readonly number[]> {
  if (!(await store.record(KIND, id))) return []
  return withLocks(store, [signalLock(id)], async () => {
    const mail = await read(store, id)
    await store.deleteRecord(KIND, id)
    return mail?.run === run ? mail.signals : []
  })
}

export const forgetSignals = (store: ContainerStore, id: string): Promise<void> => store.deleteRecord(KIND, id)
