import { type Digest, sha256 } from '@layerwright/digest'
import type { ResolvedMount } from '@layerwright/dockerfile'
import { applyLayer, openLayer, storeLayer } from '@layerwright/layer'
import type { Store, StoreMaintenance } from '@layerwright/store'
import { applyChanges, createOverlay, type DirInode, emptySnapshot, type Overlay, type Snapshot, upperChanges } from '@layerwright/vfs'
import { keepCacheMount } from '../cache/mounts.js'
import { CACHE_MOUNT } from '../cache/records.js'

/** Which caches the steps of this process have open, by store. */
const inUse = new WeakMap<Store, Map<Digest, number>>()
/** The end of the queue for each cache that only one step at a time may have. */
const queues = new WeakMap<Store, Map<Digest, Promise<void>>>()

/** The caches of one RUN. Every cache is kept in the store as a layer over nothing, under a key that is only ever hashed (S19). */
export class CacheMounts {
  readonly #store: Store
  readonly #open = new Map<Digest, { readonly overlay: Overlay; readonly lower: Snapshot; readonly known: Digest | undefined }>()
  readonly #releases: (() => void)[] = []
  readonly #names = new Map<Digest, string>()

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * Waits until no other step has any of these, where they are `locked`. All at once and in one order, so that two steps never wait for each other;
   * across processes too where the store has locks.
   */
  async lock(ids: Iterable<string>, signal: AbortSignal): Promise<void> {
    for (const key of [...new Set([...ids].map(keyOf))].sort()) this.#releases.push(await lockCache(this.#store, key, signal))
  }

  /**
   * The directory of a cache as it is now, writable; the same for each mount of one RUN that names it. `private`: one of its own where another step has it.
   * @param from what a cache that is still empty begins with
   */
  async open(id: string, mount: ResolvedMount, from: DirInode | undefined): Promise<Overlay> {
    const key = this.#claim(keyOf(id), mount.sharing === 'private')
    if (key === keyOf(id)) this.#names.set(key, id)
    const there = this.#open.get(key)
    if (there) return there.overlay
    const empty = emptySnapshot({ mode: mount.mode ?? 0o755, uid: mount.uid ?? 0, gid: mount.gid ?? 0 })
    await this.#store.touch(CACHE_MOUNT, key)
    const known = await recorded(this.#store, key)
    const tree = known && (await treeOf(this.#store, known, empty))
    const lower = tree ?? (from ? { ...empty, entries: from.entries } : empty)
    const overlay = createOverlay(lower)
    this.#open.set(key, { overlay, lower, known: tree && known })
    return overlay
  }

  #claim(key: Digest, own: boolean): Digest {
    if (this.#open.has(key)) return key
    const counts = inUse.get(this.#store) ?? new Map<Digest, number>()
    inUse.set(this.#store, counts)
    let chosen = key
    if (own) for (let i = 1; counts.has(chosen); i++) chosen = sha256(`${key} ${i}`)
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
    this.#releases.push(() => {
      const left = (counts.get(chosen) ?? 1) - 1
      if (left > 0) counts.set(chosen, left)
      else counts.delete(chosen)
    })
    return chosen
  }

  /** Keeps what the caches hold now. What other steps have put there meanwhile stays, but for the paths that this one wrote too. */
  async keep(): Promise<void> {
    for (const [key, { overlay, lower, known }] of this.#open) {
      const now = overlay.freeze()
      if (now === lower && known) continue
      const release = await lockCache(this.#store, sha256(`keep ${key}`), undefined)
      try {
        const latest = await recorded(this.#store, key)
        const meanwhile = latest && latest !== known ? await treeOf(this.#store, latest, emptySnapshot()) : undefined
        const tree = meanwhile ? applyChanges(meanwhile, upperChanges(lower, now)) : now
        const { diffId } = await storeLayer(this.#store, upperChanges(emptySnapshot(), tree))
        await keepCacheMount(this.#store, key, diffId, this.#names.get(key))
      } finally {
        release()
      }
    }
  }

  /** Lets others have them. */
  close(): void {
    for (const release of this.#releases.splice(0)) release()
  }
}

const keyOf = (id: string): Digest => sha256(id)

async function recorded(store: Store, key: Digest): Promise<Digest | undefined> {
  const bytes = await store.record(CACHE_MOUNT, key)
  return bytes && (new TextDecoder().decode(bytes) as Digest)
}

async function treeOf(store: Store, diffId: Digest, empty: Snapshot): Promise<Snapshot | undefined> {
  const layer = await openLayer(store, diffId)
  return layer && applyLayer(empty, layer)
}

/** Gives what releases it. @throws the signal's reason */
async function lockCache(store: Store, key: Digest, signal: AbortSignal | undefined): Promise<() => void> {
  const ends = queues.get(store) ?? new Map<Digest, Promise<void>>()
  queues.set(store, ends)
  const before = ends.get(key) ?? Promise.resolve()
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const end = before.then(() => held)
  ends.set(key, end)
  const done = () => {
    release()
    if (ends.get(key) === end) ends.delete(key)
  }
  try {
    await untilAborted(before, signal)
    const across = await lockAcross(store, key, signal)
    return () => {
      across()
      done()
    }
  } catch (error) {
    done()
    throw error
  }
}

/** The same between processes, where the store can. */
async function lockAcross(store: Store & Partial<StoreMaintenance>, key: Digest, signal: AbortSignal | undefined): Promise<() => void> {
  if (!store.lock) return () => {}
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await new Promise<void>((got, failed) => {
    const work = async () => {
      got()
      await held
    }
    store.lock!(`cache-mount ${key}`, work, signal).catch(failed)
  })
  return release
}

function untilAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    void promise.then(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
  })
}
