import { parsePlatform } from '@layerwright/dockerfile'
import { parseReference } from '@layerwright/image'
import { RegistryError } from '@layerwright/registry'
import type { Store } from '@layerwright/store'
import { pullImage } from '../base-images.js'
import { HOST_PLATFORM } from './commands/registry.js'
import { ImageMissingError } from './errors.js'
import { openClient } from './registry.js'

/**
 * Brings the image of `run` and `create` from its registry.
 * @throws ImageMissingError where it can't be had: who has misspelt the name of an image of theirs is told so, and what the registry says of it; RegistryError for the rest
 */
export async function bringImage(store: Store, reference: string, platform: string | undefined): Promise<void> {
  const { familiar } = parseReference(reference)
  console.error(`pulling ${familiar}`)
  try {
    await pullImage(store, reference, openClient({}), platform === undefined ? HOST_PLATFORM : parsePlatform(platform))
  } catch (error) {
    if (error instanceof RegistryError && ABSENT.has(error.code)) throw new ImageMissingError(`${familiar} (${error.message})`)
    throw error
  }
}

/** What a registry says of an image that it does not show. */
const ABSENT = new Set<RegistryError['code']>(['NOT_FOUND', 'UNAUTHORIZED', 'DENIED', 'REGISTRY_UNREACHABLE'])
