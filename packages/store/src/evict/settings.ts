import type { Store } from '../types.js'
import type { KeepPolicy } from './types.js'

const KIND = 'settings'
const KEY = 'keep-policy'

/** What the store is to hold, for every process that builds into it; undefined: nobody has said. */
export async function keepPolicy(store: Store): Promise<KeepPolicy | undefined> {
  const bytes = await store.record(KIND, KEY)
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as KeepPolicy)
}

/** Says it; undefined takes it back. Takes effect with the next collection. */
export async function setKeepPolicy(store: Store, policy: KeepPolicy | undefined): Promise<void> {
  if (policy) await store.putRecord(KIND, KEY, new TextEncoder().encode(JSON.stringify(policy)))
  else await store.deleteRecord(KIND, KEY)
}
