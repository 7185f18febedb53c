import { type ContainerEngine, openEngine } from '@layerwright/container'
import { nodeHost } from '@layerwright/container/node'
import { chooseExecutor, type ExecutorKind } from '../executor.js'
import { type GlobalOptions, openUserStore, type UserStore } from './store.js'

/** The container engine over the user's store. */
export async function openUserEngine(
  options: GlobalOptions & { readonly executor?: ExecutorKind },
): Promise<{ engine: ContainerEngine; store: UserStore }> {
  const store = await openUserStore(options)
  return { engine: openEngine({ store, executor: async () => chooseExecutor(options.executor ?? 'auto'), host: nodeHost() }), store }
}
