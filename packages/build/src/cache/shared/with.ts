import type { Digest } from '@layerwright/digest'
import { decompress } from '@layerwright/layer'
import { CacheLayerError } from '../../errors.js'
import type { BuildOptions, BuildResult } from '../../types.js'
import { exportCache } from './sink.js'
import { type SharedStore, sharedStore, type Tell } from './source.js'
import type { CacheFrom, CacheTo } from './types.js'

/** A build whose store is handed in. `fetchAll` brings layers that are only known of yet. */
export type Build = (options: BuildOptions, fetchAll?: SharedStore['fetchAll']) => Promise<BuildResult>

/**
 * A build with shared caches: looks into those of `cacheFrom`, and brings its results to those of `cacheTo`. No fault of a cache is a fault of the build: what can't be
 * reached or is not to be believed is said by a notice, and done without.
 */
export async function withSharedCaches(options: BuildOptions, build: Build): Promise<BuildResult> {
  const { cacheFrom = [], cacheTo = [], signal } = options
  if (cacheFrom.length === 0 && cacheTo.length === 0) return build(options)
  const tell: Tell = (code, message) => options.onEvent?.({ type: 'notice', code, message })
  const state = { distrusted: new Set<Digest>(), unreachable: new Set<CacheFrom>() }
  for (;;) {
    const shared = sharedStore(options.store, cacheFrom, { decompress: options.decompress ?? decompress, tell, signal, ...state })
    try {
      const result = await build({ ...options, store: shared.store }, shared.fetchAll)
      const exported = { put: 0, present: 0 }
      for (const to of cacheTo) {
        const { put, present } = await bring(result, to, shared, tell, signal)
        exported.put += put
        exported.present += present
      }
      return { ...result, shared: { ...shared.counts, ...exported } }
    } catch (error) {
      // The step of that layer counts as done already, and others may rest on it: all is worked out again, and the rest is found where it was.
      if (!(error instanceof CacheLayerError) || state.distrusted.has(error.key)) throw error
      state.distrusted.add(error.key)
      tell('CACHE_REFUSED', `${error.message}; building without it`)
    }
  }
}

async function bring(result: BuildResult, to: CacheTo, { store, foundIn }: SharedStore, tell: Tell, signal: AbortSignal | undefined) {
  const { name } = to.place
  const keys = keysOf(result, to.mode ?? 'min')
  const there = keys.filter((key) => foundIn.get(key) === name).length
  try {
    const { put, present } = await exportCache(
      store,
      keys.filter((key) => foundIn.get(key) !== name),
      to,
    )
    return { put, present: present + there }
  } catch (error) {
    signal?.throwIfAborted()
    tell('CACHE_UNREACHABLE', `results are not brought to the cache ${name}: ${error instanceof Error ? error.message : String(error)}`)
    return { put: 0, present: there }
  }
}

function keysOf({ images, steps }: BuildResult, mode: 'min' | 'max'): Digest[] {
  const inImages = new Set(images.flatMap(({ image }) => image.config.rootfs.diff_ids))
  return steps.flatMap(({ key, layer }) => (key && layer && (mode === 'max' || inImages.has(layer.diffId)) ? [key] : []))
}
