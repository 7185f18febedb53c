import type { ContainerStore } from '../context.js'

export const containerLock = (id: string): string => `container/${id}`
/** Held for a moment, and by who holds nothing else. */
export const signalLock = (id: string): string => `container-signals/${id}`
export const volumeLock = (name: string): string => `volume/${name}`
/** Names of containers: held while one is given. Behind all `container/` locks and before all `volume/` locks in order. */
export const NAMES_LOCK = 'containers'

/**
 * Runs `work` with all these locks held. They are always taken in one order, and nobody takes more while holding some, so two
 * callers cannot wait for each other.
 */
export function withLocks<T>(store: ContainerStore, names: readonly string[], work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const ordered = [...new Set(names)].sort()
  const take = (index: number): Promise<T> =>
    index === ordered.length ? work() : store.lock(ordered[index]!, () => take(index + 1), signal)
  return take(0)
}
