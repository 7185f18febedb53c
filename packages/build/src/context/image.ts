import { type StoredImage, samePlatform } from '@layerwright/image'
import type { NamedContext } from '../types.js'

/**
 * Images as a named context (`--build-context NAME=…`): another build's result, or anything else that is in the store. With several, the platform picks.
 *
 *     build({ contexts: new Map([['base', imageContext(first.image)]]), … })
 */
export function imageContext(...images: readonly StoredImage[]): NamedContext {
  return {
    kind: 'image',
    image: async (platform) => (images.length === 1 ? images[0] : images.find((image) => samePlatform(image.platform, platform))),
  }
}
