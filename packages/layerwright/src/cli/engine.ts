import { type ContainerEngine, openEngine } from '@layerwright/container'
import { nodeHost, nodeSupervision } from '@layerwright/container/node'
import { chooseExecutor, type ExecutorKind } from '../executor.js'
import { launchSupervisor } from './launch.js'
import { type GlobalOptions, openUserStore, type UserStore } from './store.js'

export interface EngineFlags extends GlobalOptions {
  readonly executor?: ExecutorKind
}

const isKind = (name: string | undefined): name is ExecutorKind => ['auto', 'shell', 'linux', 'docker'].includes(name ?? '')

/** The container engine over the user's store. Containers run by what the flag names, else by what they were made for. */
export async function openUserEngine(flags: EngineFlags): Promise<{ engine: ContainerEngine; store: UserStore }> {
  const store = await openUserStore(flags)
  const engine = openEngine({
    store,
    executor: async (name, of) => chooseExecutor((of === 'volume' ? undefined : flags.executor) ?? (isKind(name) ? name : 'auto')),
    host: nodeHost(),
    supervision: nodeSupervision((id) => launchSupervisor(id, flags)),
  })
  return { engine, store }
}
