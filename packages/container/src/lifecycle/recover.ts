import { executorOf } from './executor.js'
import { nameOfRun } from './runs.js'
import type { Session } from './session.js'
import { volumesOf } from './session-volumes.js'

/**
 * Brings what the main process wrote whose supervisor was killed into the layer and the volumes, where its executor has kept it. It is saved with the session, and given up by
 * the executor after that: killed in between, it is done again. What cannot be recovered is lost, and the state says why.
 */
export async function recoverMain(session: Session): Promise<void> {
  const { record } = session
  try {
    const executor = await executorOf(session.context, record)
    const trees = new Map<string, Awaited<ReturnType<Session['upper']>>['overlay']>()
    for (const name of volumesOf(record)) {
      const volume = await session.volumes.open(name)
      if ('overlay' in volume) trees.set(name, volume.overlay)
    }
    const { overlay } = await session.upper()
    const release = await executor.recover?.(nameOfRun(record.id, record.state.run), { overlay, trees })
    if (release) await session.written(release)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    session.update({ state: { ...record.state, error: `what its last run wrote could not be recovered: ${why}` } })
  }
}
