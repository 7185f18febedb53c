import type { BuildOptions } from '@layerwright/build'
import { findImage } from '@layerwright/image'
import type { UserStore } from './store.js'

/** Base images of the command line: what the store has needs no registry, and its code is not loaded. */
export function baseImages(
  store: UserStore,
  { pull = false, quiet = false }: { readonly pull?: boolean; readonly quiet?: boolean },
): NonNullable<BuildOptions['images']> {
  return async (reference, platform) => {
    const there = pull ? undefined : await findImage(store, reference)
    if (there) return there
    const [{ registryImages }, { openClient }] = await Promise.all([import('../base-images.js'), import('./registry.js')])
    return registryImages(store, openClient({ quiet }), { always: pull })(reference, platform)
  }
}
