import type { BuildOptions } from '@layerwright/build'
import { imageFor } from '../stored-images.js'
import type { UserStore } from './store.js'

/** Base images of the command line: what the store has needs no registry, and its code is not loaded. */
export function baseImages(
  store: UserStore,
  { pull = false, quiet = false, mirror }: { readonly pull?: boolean; readonly quiet?: boolean; readonly mirror?: readonly string[] },
): NonNullable<BuildOptions['images']> {
  return async (reference, platform) => {
    const there = pull ? undefined : await imageFor(store, reference, platform)
    if (there) return there
    const [{ registryImages }, { openClient }] = await Promise.all([import('../base-images.js'), import('./registry.js')])
    return registryImages(store, openClient({ quiet, ...(mirror ? { mirror } : {}) }), { always: pull })(reference, platform)
  }
}
