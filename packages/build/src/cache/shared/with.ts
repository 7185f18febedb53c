import type { Digest } from '@layerwright/digest'
import { decompress } from '@layerwright/layer'
import { CacheLayerError } from '../../errors.js'
import type { BuildOptions, BuildResult, StepReport } from '../../types.js'
import type { Tell } from './elsewhere.js'
import { exportCache } from './sink.js'
import { type SharedStore, sharedStore } from './source.js'
import type { CacheFrom, CacheTo } from './types.js'

/** A build whose store is handed in. */
export type Build = (options: BuildOptions) => Promise<BuildResult>

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
    const bringers = cacheTo.map((to) => bringer(to, shared, tell, signal))
    try {
      const result = await build({
        ...options,
        store: shared.store,
        onEvent(event) {
          if (event.type === 'step.finished') for (const { early } of bringers) early(event)
          options.onEvent?.(event)
        },
      })
      const exported = { put: 0, present: 0 }
      for (const { rest } of bringers) {
        const { put, present } = await rest(result)
        exported.put += put
        exported.present += present
      }
      return { ...result, shared: { ...shared.counts, ...exported } }
    } catch (error) {
      for (const { stop } of bringers) await stop()
      // The step of that layer counts as done already, and others may rest on it: all is worked out again, and the rest is found where it was.
      if (!(error instanceof CacheLayerError) || state.distrusted.has(error.key)) throw error
      state.distrusted.add(error.key)
      tell('CACHE_REFUSED', `${error.message}; building without it`)
    }
  }
}

/**
 * Brings results to one place. With `max` each as soon as its step has run, while the build goes on: whoever builds the same at the same time may still find it. With `min` only the end
 * of the build tells which are wanted.
 */
function bringer(to: CacheTo, { store, foundIn }: SharedStore, tell: Tell, signal: AbortSignal | undefined) {
  const { name } = to.place
  const mode = to.mode ?? 'min'
  const counts = { put: 0, present: 0 }
  const brought = new Set<Digest>()
  let failed = false
  let running: Promise<void> = Promise.resolve()

  const bring = async (keys: readonly Digest[]): Promise<void> => {
    if (failed || signal?.aborted || keys.length === 0) return
    for (const key of keys) brought.add(key)
    try {
      const { put, present } = await exportCache(store, keys, to)
      counts.put += put
      counts.present += present
    } catch (error) {
      if (signal?.aborted) return
      failed = true
      tell('CACHE_UNREACHABLE', `results are not brought to the cache ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return {
    early({ key, outcome }: StepReport): void {
      if (mode === 'max' && key && outcome === 'ran') running = running.then(() => bring([key]))
    },
    async rest(result: BuildResult) {
      await running
      const keys = [...new Set(keysOf(result, mode))].filter((key) => !brought.has(key))
      await bring(keys.filter((key) => foundIn.get(key) !== name))
      signal?.throwIfAborted()
      return { put: counts.put, present: counts.present + keys.filter((key) => foundIn.get(key) === name).length }
    },
    /** What is under way ends; a build that failed brings nothing more. */
    async stop(): Promise<void> {
      failed = true
      await running
    },
  }
}

function keysOf({ images, steps }: BuildResult, mode: 'min' | 'max'): Digest[] {
  const inImages = new Set(images.flatMap(({ image }) => image.config.rootfs.diff_ids))
  return steps.flatMap(({ key, layer }) => (key && layer && (mode === 'max' || inImages.has(layer.diffId)) ? [key] : []))
}
